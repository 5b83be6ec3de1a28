"""Bank statements of every format, read into one form: camt.052/053/054, MT940 and MT942, CSV. Pure: bytes in, statements out."""

from .model import Balance, BalanceCheck, Deviation, Entry, Statement, StatementFile
from .reading import read

__all__ = ["Balance", "BalanceCheck", "Deviation", "Entry", "Statement", "StatementFile", "read"]
