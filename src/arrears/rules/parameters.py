"""Dated figures for conditions, packs and strategies: value, unit, from and to, clause, source, date last checked.

The form and the loader are the kernel's (facts rooms need them too); this module is the name the judgement rooms use.
"""

from arrears.kernel.parameters import Dated, Parameter, ParameterError, load

__all__ = ["Dated", "Parameter", "ParameterError", "load"]
