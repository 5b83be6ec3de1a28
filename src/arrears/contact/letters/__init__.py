"""Letters as PDF: facts in, the same bytes out, every time. Pure: amounts come from the ledger's statement, not from here."""
