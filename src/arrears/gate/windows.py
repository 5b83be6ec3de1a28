"""Hours: when a window is open in the local time of every zone a person may be in. Daylight saving comes from the zone data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from arrears.gate import packs
from arrears.gate.facts import WEEKDAYS, Consent, Situation, Slot

MIDNIGHT = time(0)


def instants(day: date, clock: time, z: ZoneInfo) -> tuple[datetime, datetime]:
    """Instants at which the clock in ``z`` shows ``clock`` on ``day``: two in the hour that summer time repeats.

    In an hour that the clock jumps over, the first is where the jump ends up for a ``clock`` that begins the gap (midnight).
    """
    local = datetime.combine(day, clock, z)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def within(slot: Slot, local: datetime) -> bool:
    """Whether the local clock lies in the slot: first minute included, last one excluded; a slot may pass midnight."""
    start, end = slot.from_time or MIDNIGHT, slot.until_time
    clock = local.time()
    today, yesterday = WEEKDAYS[local.weekday()] in slot.days, WEEKDAYS[local.weekday() - 1] in slot.days
    if end is None:
        return today and clock >= start
    if start < end:
        return today and start <= clock < end
    return (today and clock >= start) or (yesterday and clock < end)


def slots_of(hours: packs.Hours, situation: Situation) -> tuple[Slot, ...]:
    """The rule's slots, or the institution's own where the rule leaves them to a setting."""
    chosen = situation.settings.get(hours.setting) if hours.setting else None
    return (packs.slot(chosen),) if chosen else hours.slots


def open_at(hours: packs.Hours, situation: Situation, channel: str, at: datetime, zones: Iterable[ZoneInfo]) -> bool:
    """Open in every zone, by the rule's slots or by a consent that opens its own hours there."""
    slots = slots_of(hours, situation)
    consents = [
        c for c in situation.consents
        if hours.unless_consent and c.kind == hours.unless_consent and c.channel in ("any", channel) and c.stands(at)
    ]  # fmt: skip
    return all(
        any(within(s, local) for s in slots) or any(_consented(c, local) for c in consents)
        for local in (at.astimezone(z) for z in zones)
    )


def _consented(consent: Consent, local: datetime) -> bool:
    return within(Slot(from_time=consent.from_time, until_time=consent.until_time), local)


def inconvenient_at(slots: Iterable[Slot], at: datetime, zones: Iterable[ZoneInfo]) -> bool:
    """In a time the person named as inconvenient, in any zone he may be in."""
    return any(within(s, at.astimezone(z)) for s in slots for z in zones)


def edges(rules: Iterable[packs.Rule], situation: Situation) -> frozenset[time]:
    """Clock times at which an answer may change: midnight, and every beginning and end of hours."""
    found = {MIDNIGHT}
    slots = [s for r in rules if r.hours is not None for s in slots_of(r.hours, situation)]
    slots += [Slot(from_time=c.from_time, until_time=c.until_time) for c in situation.consents]
    for slot in (*slots, *situation.person.inconvenient):
        found.update(t for t in (slot.from_time, slot.until_time) if t is not None)
    return frozenset(found)
