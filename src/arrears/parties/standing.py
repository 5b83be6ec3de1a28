"""Which consents and restrictions hold at an instant. Pure: the gate, the screen and the book ask the same functions.

Two dates everywhere: ``at`` is the instant the question is about, ``known_at`` what had been recorded by then (None: all).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

CHANNELS = ("voice", "ai_voice", "sms", "email", "letter", "visit", "im")
PURPOSES = ("collect", "reminder", "off_hours", "data_processing", "third_party", "marketing")
ANY = "any"
RESTRICTION_KINDS = ("stop", "dispute", "deceased", "insolvency", "moratorium", "minor", "represented")
#: Restrictions that follow from a fact or the law: lifting them needs more than the person at the desk.
GUARDED_KINDS = frozenset({"deceased", "insolvency", "moratorium", "minor"})
VULNERABILITY_KINDS = ("illness", "disability", "bereavement", "income_shock", "age", "language", "other")
REPRESENTATION_KINDS = ("lawyer", "guardian", "attorney", "administrator")
ADULT_YEARS = 18  # Civil Code of the PRC, article 17: a natural person aged 18 or over is an adult


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """One consent event. ``channel`` and ``purpose`` may be ``any``. ``until``: first instant it no longer holds."""

    id: int
    event: str  # given | withdrawn
    channel: str
    purpose: str
    effective_at: datetime
    recorded_at: datetime
    until: datetime | None = None
    proof_kind: str = ""
    proof_reference: str = ""


def deciding_consent(
    facts: Iterable[ConsentFact], channel: str, purpose: str, at: datetime, known_at: datetime | None = None
) -> ConsentFact | None:
    """The event that decides about ``channel`` and ``purpose`` at ``at``, or None where nothing was ever said.

    The newest by ``effective_at`` wins, whether it names the channel and purpose or says ``any``: a later "any" withdrawal
    ends a specific consent, a later specific consent opens just that. At the same instant a withdrawal wins.
    """
    said = [
        f
        for f in facts
        if f.channel in (channel, ANY)
        and f.purpose in (purpose, ANY)
        and f.effective_at <= at
        and (known_at is None or f.recorded_at <= known_at)
    ]
    return max(said, key=lambda f: (f.effective_at, f.event == "withdrawn", f.recorded_at, f.id), default=None)


def consents_to(facts: Iterable[ConsentFact], channel: str, purpose: str, at: datetime, known_at: datetime | None = None) -> bool:
    """Whether consent is in force. Nothing said, withdrawn or run out: no. PIPL articles 14 and 15."""
    fact = deciding_consent(facts, channel, purpose, at, known_at)
    return fact is not None and fact.event == "given" and (fact.until is None or at < fact.until)


@dataclass(frozen=True, slots=True)
class RestrictionFact:
    """One restriction. ``channels`` empty: every channel. ``effective_until``: first instant it no longer holds."""

    public_id: str
    kind: str
    scope: str  # party | agreement | contact_point
    effective_from: datetime
    recorded_at: datetime
    effective_until: datetime | None = None
    lifted_at: datetime | None = None
    channels: frozenset[str] = frozenset()
    agreement_reference: str = ""
    contact_point_id: int | None = None
    reason: str = ""

    def holds(self, at: datetime, known_at: datetime | None = None) -> bool:
        """In force at ``at``. A lifting ends it from the instant it was lifted, if that was known."""
        if at < self.effective_from or (known_at is not None and self.recorded_at > known_at):
            return False
        if self.effective_until is not None and at >= self.effective_until:
            return False
        lifted = self.lifted_at is not None and (known_at is None or self.lifted_at <= known_at)
        return not lifted or self.lifted_at is None or at < self.lifted_at

    def touches(self, channel: str, *, agreement_reference: str = "", contact_point_id: int | None = None) -> bool:
        """Whether it concerns a contact on ``channel`` about an agreement through a contact point."""
        if self.channels and channel not in self.channels:
            return False
        if self.scope == "agreement":
            return self.agreement_reference == agreement_reference
        return self.scope != "contact_point" or self.contact_point_id == contact_point_id


def restrictions_at(
    facts: Iterable[RestrictionFact], at: datetime, known_at: datetime | None = None
) -> tuple[RestrictionFact, ...]:
    """Restrictions in force, oldest first."""
    return tuple(sorted((f for f in facts if f.holds(at, known_at)), key=lambda f: (f.effective_from, f.public_id)))


def adult_on(born_on: date) -> date:
    """The 18th birthday: the first day of being an adult. Born on 29 February: 1 March of a common year."""
    try:
        return born_on.replace(year=born_on.year + ADULT_YEARS)
    except ValueError:
        return date(born_on.year + ADULT_YEARS, 3, 1)


def is_minor(born_on: date, on: date) -> bool:
    return on < adult_on(born_on)
