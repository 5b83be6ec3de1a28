"""What is owed: agreements, schedules, events with two dates, accrual, allocation, delinquency, statement.

Pure modules (no Django): ``terms schedule events allocation delinquency position statement columnar``.
Public names for other rooms: ``queries`` (positions, statements), ``actions`` (every ledger act).
"""
