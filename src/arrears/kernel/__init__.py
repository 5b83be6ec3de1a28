"""Floor 0: money, dates, calendars, day counts, time zones, ids, refusals, scope, clock. Pure, no I/O, no Django."""
