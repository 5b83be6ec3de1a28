"""The customer case: one per customer while anything is overdue. Its stage is derived; what is kept is the owner and the dates.

``assignment`` finds owners (pure), ``actions`` opens, moves and closes cases for a day. Public names: ``assignment``, ``actions``,
``queries``.
"""
