"""What is owed: agreements, schedules, events with two dates, accrual, allocation, delinquency, statement.

Pure modules (no Django): ``terms schedule events servicing``; the fold ``position`` (door), ``fold handlers assemble``,
``allocation accrual caps delinquency contagion``; ``statement explain``; the portfolio at once ``columnar``.
Public names for other rooms: ``queries`` (positions, statements), ``actions`` (every ledger act).
"""
