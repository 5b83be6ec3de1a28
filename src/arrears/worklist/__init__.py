"""The day's work: every overdue customer with stage, next step, date, channel, owner, permit and reason.

``actions.run_day`` makes it from the book, the strategies and the gate; pages, API, CSV and command line read the same rows.
Public names: ``actions``, ``queries``, ``words``.
"""
