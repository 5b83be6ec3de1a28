"""Any file as chunks of text cells, with the row number of each, in bounded memory. Pure reading: nothing is interpreted here."""

from .opening import Opened, open_file
from .source import Chunk, Limits, ReadFault, Source

__all__ = ["Chunk", "Limits", "Opened", "ReadFault", "Source", "open_file"]
