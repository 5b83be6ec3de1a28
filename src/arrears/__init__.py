"""Arrears runs the recovery of overdue loans, from the first missed instalment to the last enforcement measure."""

__version__ = "0.1.0"
