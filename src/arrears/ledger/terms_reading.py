"""``ScheduleTerms`` from and to plain JSON words, and the checks that make impossible terms a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeVar

from arrears.kernel.calendars import MonthEnd, Step
from arrears.kernel.daycount import DayCount, LeapYearRule
from arrears.kernel.money import RoundingMode, exponent_of
from arrears.kernel.refusals import Refusal

from . import refusals_terms as refusals
from .terms import (
    Amortization,
    DownPayment,
    FinalStub,
    Grace,
    InterestAccrual,
    InterestMethod,
    Levelling,
    RateKind,
    RateReset,
    Rhythm,
    Rounding,
    RoundingRule,
    ScheduleTerms,
)

#: More rows than this are a mistake, not a loan (100 years of months).
MOST_INSTALMENTS = 1200

E = TypeVar("E", bound=StrEnum)

_ENUMS: dict[str, type[StrEnum]] = {
    "rate_kind": RateKind, "interest_method": InterestMethod, "interest_accrual": InterestAccrual,
    "amortization": Amortization, "day_count": DayCount, "leap_year_rule": LeapYearRule, "end_of_month": MonthEnd,
    "final_stub": FinalStub, "levelling": Levelling,
}  # fmt: skip
_AMOUNTS = ("principal", "fixed_instalment", "fixed_principal", "accrued_interest")
_DATES = ("disbursed_on", "maturity", "amortized_until", "capitalise_until")
_MAPS: dict[str, tuple[str, ...]] = {
    "instalments": ("count", "every", "first_due", "due_dates"),
    "interest_dues": ("count", "every", "first_due", "due_dates"),
    "down_payment": ("percent", "amount", "due"),
    "grace": ("principal_instalments", "interest_instalments", "interest_free_instalments"),
    "rounding": ("mode", "places", "instalment_multiple_of", "multiple_of", "interest", "instalment"),
}
_RULE_WORDS = ("mode", "places", "instalment_multiple_of", "multiple_of")
WORDS = ("currency", "annual_rate", "partial_periods", "rate_resets", *_AMOUNTS, *_DATES, *_ENUMS, *_MAPS)


class _Reader:
    """Collects the values and every reason to refuse, so that all of them are reported at once."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def refuse(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)

    def known(self, words: Any, allowed: Iterable[str], pointer: str) -> Mapping[str, Any]:
        if not isinstance(words, Mapping):
            self.refuse(refusals.UNKNOWN_VALUE.at(pointer, word=pointer.strip("/"), value=words, known="a map of words"))
            return {}
        for word in words:
            if word not in allowed:
                self.refuse(refusals.UNKNOWN_WORD.at(f"{pointer}/{word}", word=word, known=", ".join(allowed)))
        return words

    def number(self, words: Mapping[str, Any], word: str, pointer: str = "") -> Decimal | None:
        value = words.get(word)
        if value is None:
            return None
        number: Decimal | None = None
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            try:
                number = Decimal(value)
            except InvalidOperation:
                number = None
        if number is None or not number.is_finite():
            self.refuse(refusals.NOT_A_NUMBER.at(f"{pointer}/{word}", word=word, value=value))
            return None
        return number

    def count(self, words: Mapping[str, Any], word: str, pointer: str) -> int | None:
        value = words.get(word)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(refusals.NOT_A_NUMBER.at(f"{pointer}/{word}", word=word, value=value))
            return None
        return value

    def day(self, value: Any, word: str, pointer: str) -> date | None:
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            if not (isinstance(value, str) and len(value) == 10):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            self.refuse(refusals.NOT_A_DATE.at(pointer, word=word, value=value))
            return None

    def choice(self, kind: type[E], words: Mapping[str, Any], word: str, pointer: str = "") -> E | None:
        value = words.get(word)
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(kind)
            self.refuse(refusals.UNKNOWN_VALUE.at(f"{pointer}/{word}", word=word, value=value, known=known))
            return None


def read(words: Mapping[str, Any]) -> ScheduleTerms | Refusal:
    """See ``ScheduleTerms.from_dict``."""
    reader = _Reader()
    words = reader.known(words, WORDS, "")
    values: dict[str, Any] = {word: reader.number(words, word) for word in (*_AMOUNTS, "annual_rate")}
    values |= {word: reader.day(words.get(word), word, f"/{word}") for word in _DATES}
    values |= {word: reader.choice(kind, words, word) for word, kind in _ENUMS.items()}
    values["currency"] = _currency(reader, words)
    for word in ("principal", "disbursed_on"):
        if words.get(word) is None:
            reader.refuse(refusals.MISSING.at(f"/{word}", word=word))
    values["instalments"] = _rhythm(reader, words, "instalments")
    values["interest_dues"] = _rhythm(reader, words, "interest_dues")
    values["down_payment"] = _down_payment(reader, words)
    values["grace"] = _grace(reader, words)
    values["rate_resets"] = _rate_resets(reader, words)
    partial = words.get("partial_periods")
    if partial not in (None, "by_days"):
        reader.refuse(refusals.UNKNOWN_VALUE.at("/partial_periods", word="partial_periods", value=partial, known="by_days"))
    values["partial_periods_by_days"] = partial == "by_days"
    values["rounding"] = _rounding(reader, words, values["currency"] or "CNY")
    if reader.refusals:
        return _all(reader.refusals)
    terms = ScheduleTerms(**{word: value for word, value in values.items() if value is not None})
    impossible = check(terms)
    return terms if impossible is None else impossible  # a refusal is falsy: never `or`


def _all(found: list[Refusal]) -> Refusal:
    return replace(found[0], errors=tuple(found[1:]))


def _currency(reader: _Reader, words: Mapping[str, Any]) -> str | None:
    value = words.get("currency")
    if value is None:
        reader.refuse(refusals.MISSING.at("/currency", word="currency"))
        return None
    if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):
        reader.refuse(refusals.CURRENCY.at("/currency", value=value))
        return None
    return value


def _rhythm(reader: _Reader, words: Mapping[str, Any], word: str) -> Rhythm | None:
    if words.get(word) is None:
        return None
    inner = reader.known(words[word], _MAPS[word], f"/{word}")
    every = None
    if inner.get("every") is not None:
        every = Step.parse(str(inner["every"]))
        if every is None:
            known = "n day(s) | week(s) | month(s) | quarter(s) | half-year(s) | year(s)"
            reader.refuse(refusals.UNKNOWN_VALUE.at(f"/{word}/every", word="every", value=inner["every"], known=known))
    listed = inner.get("due_dates") or ()
    if not isinstance(listed, list | tuple):
        reader.refuse(refusals.NOT_A_DATE.at(f"/{word}/due_dates", word="due_dates", value=listed))
        listed = ()
    days = [reader.day(d, "due_dates", f"/{word}/due_dates/{i}") for i, d in enumerate(listed)]
    return Rhythm(
        every=every,
        count=reader.count(inner, "count", f"/{word}"),
        first_due=reader.day(inner.get("first_due"), "first_due", f"/{word}/first_due"),
        due_dates=tuple(d for d in days if d is not None),
    )


def _down_payment(reader: _Reader, words: Mapping[str, Any]) -> DownPayment | None:
    if words.get("down_payment") is None:
        return None
    inner = reader.known(words["down_payment"], _MAPS["down_payment"], "/down_payment")
    due = inner.get("due")
    due_on = None if due in (None, "on_disbursement") else reader.day(due, "due", "/down_payment/due")
    amount, percent = (reader.number(inner, word, "/down_payment") for word in ("amount", "percent"))
    if inner.get("amount") is not None and inner.get("percent") is not None:
        reader.refuse(refusals.CONFLICT.at("/down_payment", word="amount", other="percent"))
    elif inner.get("amount") is None and inner.get("percent") is None:
        reader.refuse(refusals.MISSING.at("/down_payment/percent", word="percent"))
    return DownPayment(percent=percent, amount=amount, due_on=due_on)


def _grace(reader: _Reader, words: Mapping[str, Any]) -> Grace | None:
    if words.get("grace") is None:
        return None
    inner = reader.known(words["grace"], _MAPS["grace"], "/grace")
    counts = {word: reader.count(inner, word, "/grace") or 0 for word in _MAPS["grace"]}
    for word, count in counts.items():
        if count < 0:
            reader.refuse(refusals.NOT_POSITIVE.at(f"/grace/{word}", word=word, value=count))
    return Grace(**counts)


def _rate_resets(reader: _Reader, words: Mapping[str, Any]) -> tuple[RateReset, ...] | None:
    listed = words.get("rate_resets")
    if listed is None:
        return None
    resets = []
    for i, one in enumerate(listed if isinstance(listed, list | tuple) else [listed]):
        pointer = f"/rate_resets/{i}"
        inner = reader.known(one, ("date", "annual_rate"), pointer)
        day = reader.day(inner.get("date"), "date", f"{pointer}/date")
        rate = reader.number(inner, "annual_rate", pointer)
        for word in ("date", "annual_rate"):
            if inner.get(word) is None:
                reader.refuse(refusals.MISSING.at(f"{pointer}/{word}", word=word))
        if day is not None and rate is not None:
            resets.append(RateReset(day, rate))
    return tuple(resets)


def _rounding(reader: _Reader, words: Mapping[str, Any], currency: str) -> Rounding:
    inner = reader.known(words.get("rounding") or {}, _MAPS["rounding"], "/rounding")
    common = _rule(reader, inner, "/rounding", RoundingRule(places=exponent_of(currency)))
    parts = {}
    for part in ("interest", "instalment"):
        given = inner.get(part)
        if given is None:
            parts[part] = common
            continue
        pointer = f"/rounding/{part}"
        parts[part] = _rule(reader, reader.known(given, _RULE_WORDS, pointer), pointer, common)
    whole = reader.number(inner, "instalment_multiple_of", "/rounding")
    if whole is not None and inner.get("instalment") is None:
        parts["instalment"] = replace(common, multiple_of=whole)
    return Rounding(**parts)


def _rule(reader: _Reader, inner: Mapping[str, Any], pointer: str, base: RoundingRule) -> RoundingRule:
    nested = pointer != "/rounding"
    multiple = reader.number(inner, "multiple_of", pointer)
    if multiple is None and nested:
        multiple = reader.number(inner, "instalment_multiple_of", pointer)
    if multiple is not None and multiple <= 0:
        reader.refuse(refusals.NOT_POSITIVE.at(f"{pointer}/multiple_of", word="multiple_of", value=multiple))
        multiple = None
    places = reader.count(inner, "places", pointer)
    if places is not None and not 0 <= places <= 12:
        reader.refuse(refusals.UNKNOWN_VALUE.at(f"{pointer}/places", word="places", value=places, known="0 … 12"))
        places = None
    return RoundingRule(
        mode=reader.choice(RoundingMode, inner, "mode", pointer) or base.mode,
        places=base.places if places is None else places,
        multiple_of=multiple if multiple is not None else base.multiple_of,
    )


def check(terms: ScheduleTerms) -> Refusal | None:
    """Impossible terms: every reason found, or ``None``."""
    found = [r for rule in _CHECKS for r in rule(terms)]
    return _all(found) if found else None


def _check_amounts(terms: ScheduleTerms) -> Iterable[Refusal]:
    for word in ("principal", "fixed_principal", "fixed_instalment"):
        value = getattr(terms, word)
        if value is not None and value <= 0:
            yield refusals.NOT_POSITIVE.at(f"/{word}", word=word, value=value)
    if terms.accrued_interest < 0:
        yield refusals.NOT_POSITIVE.at("/accrued_interest", word="accrued_interest", value=terms.accrued_interest)
    exact = terms.rounding.interest.mode is RoundingMode.NONE
    scaled = terms.principal.scaleb(exponent_of(terms.currency))
    if not exact and scaled != scaled.to_integral_value():
        yield refusals.FINER_THAN_CURRENCY.at("/principal", word="principal", value=terms.principal, currency=terms.currency)
    for pointer, rate in [("/annual_rate", terms.annual_rate)] + [
        (f"/rate_resets/{i}/annual_rate", r.annual_rate) for i, r in enumerate(terms.rate_resets)
    ]:
        if not -100 < rate <= 10_000:
            yield refusals.RATE_OUT_OF_RANGE.at(pointer, value=rate)
    for word, needed in ((Amortization.FIXED_PRINCIPAL, "fixed_principal"), (Amortization.FIXED_PAYMENT, "fixed_instalment")):
        if terms.amortization is word and getattr(terms, needed) is None:
            yield refusals.MISSING.at(f"/{needed}", word=needed)
    part = terms.down_payment
    if part is not None:
        amount = part.amount if part.amount is not None else terms.principal * (part.percent or Decimal(0)) / 100
        if not 0 < amount < terms.principal:
            yield refusals.DOWN_PAYMENT.at("/down_payment", value=amount, principal=terms.principal)


def _check_dates(terms: ScheduleTerms) -> Iterable[Refusal]:
    start = terms.disbursed_on
    for word in ("maturity", "amortized_until"):
        value = getattr(terms, word)
        if value is not None and value <= start:
            yield refusals.BEFORE_DISBURSEMENT.at(f"/{word}", word=word, value=value, disbursed_on=start)
    if terms.capitalise_until is not None and terms.capitalise_until < start:
        yield refusals.BEFORE_DISBURSEMENT.at(
            "/capitalise_until", word="capitalise_until", value=terms.capitalise_until, disbursed_on=start
        )
    if terms.down_payment is not None and terms.down_payment.due_on is not None and terms.down_payment.due_on < start:
        yield refusals.BEFORE_DISBURSEMENT.at(
            "/down_payment/due", word="due", value=terms.down_payment.due_on, disbursed_on=start
        )
    for name, rhythm in (("instalments", terms.instalments), ("interest_dues", terms.interest_dues)):
        if rhythm is None:
            continue
        if rhythm.first_due is not None and rhythm.first_due < start:
            yield refusals.BEFORE_DISBURSEMENT.at(
                f"/{name}/first_due", word="first_due", value=rhythm.first_due, disbursed_on=start
            )
        if rhythm.due_dates and rhythm.due_dates[0] < start:
            yield refusals.BEFORE_DISBURSEMENT.at(
                f"/{name}/due_dates/0", word="due_dates", value=rhythm.due_dates[0], disbursed_on=start
            )
        for i, (earlier, later) in enumerate(pairwise(rhythm.due_dates)):
            if later <= earlier:
                yield refusals.NOT_INCREASING.at(f"/{name}/due_dates/{i + 1}", word="due_dates", value=later)
    for i, (a, b) in enumerate(pairwise(terms.rate_resets)):
        if b.on <= a.on:
            yield refusals.NOT_INCREASING.at(f"/rate_resets/{i + 1}/date", word="rate_resets", value=b.on)


def _check_rhythm(terms: ScheduleTerms) -> Iterable[Refusal]:
    for name, rhythm in (("instalments", terms.instalments), ("interest_dues", terms.interest_dues)):
        if rhythm is None:
            continue
        if rhythm.count is not None and rhythm.count <= 0:
            yield refusals.NOT_POSITIVE.at(f"/{name}/count", word="count", value=rhythm.count)
        if rhythm.count is not None and rhythm.count > MOST_INSTALMENTS:
            yield refusals.TOO_MANY.at(f"/{name}/count", value=rhythm.count, limit=MOST_INSTALMENTS)
        if rhythm.due_dates and rhythm.every is not None:
            yield refusals.CONFLICT.at(f"/{name}/due_dates", word="due_dates", other="every")
    plan = terms.instalments
    bullet = terms.amortization is Amortization.BULLET
    if not bullet and plan.every is None and not plan.due_dates and not (plan.count == 1 and _ends(terms)):
        yield refusals.MISSING.at("/instalments/every", word="instalments.every")
    by_amount = terms.amortization is Amortization.FIXED_PRINCIPAL or terms.fixed_instalment is not None
    by_amount = by_amount and terms.interest_method is not InterestMethod.FLAT
    if plan.count is None and not plan.due_dates and not _ends(terms) and not by_amount:
        yield refusals.NO_END.at("/instalments")
    if plan.count is not None and terms.grace.principal_instalments >= plan.count and not bullet:
        yield refusals.GRACE.at("/grace/principal_instalments", value=terms.grace.principal_instalments, count=plan.count)


def _ends(terms: ScheduleTerms) -> bool:
    return terms.maturity is not None or terms.amortized_until is not None


_CHECKS: tuple[Callable[[ScheduleTerms], Iterable[Refusal]], ...] = (_check_amounts, _check_dates, _check_rhythm)


def write(terms: ScheduleTerms) -> dict[str, Any]:
    """See ``ScheduleTerms.to_dict``."""
    words: dict[str, Any] = {
        "currency": terms.currency,
        "principal": str(terms.principal),
        "disbursed_on": terms.disbursed_on.isoformat(),
        "annual_rate": str(terms.annual_rate),
    }
    for word in ("fixed_instalment", "fixed_principal"):
        if getattr(terms, word) is not None:
            words[word] = str(getattr(terms, word))
    if terms.accrued_interest:
        words["accrued_interest"] = str(terms.accrued_interest)
    for word in ("maturity", "amortized_until", "capitalise_until"):
        if getattr(terms, word) is not None:
            words[word] = getattr(terms, word).isoformat()
    for word in _ENUMS:
        if getattr(terms, word) is not None:
            words[word] = str(getattr(terms, word))
    if terms.partial_periods_by_days:
        words["partial_periods"] = "by_days"
    if terms.instalments != Rhythm():
        words["instalments"] = _write_rhythm(terms.instalments)
    if terms.interest_dues is not None:
        words["interest_dues"] = _write_rhythm(terms.interest_dues)
    if terms.rate_resets:
        words["rate_resets"] = [{"date": r.on.isoformat(), "annual_rate": str(r.annual_rate)} for r in terms.rate_resets]
    if terms.down_payment is not None:
        words["down_payment"] = _write_down_payment(terms.down_payment)
    if terms.grace != Grace():
        words["grace"] = {word: getattr(terms.grace, word) for word in _MAPS["grace"]}
    words["rounding"] = {part: _write_rule(getattr(terms.rounding, part)) for part in ("interest", "instalment")}
    return words


def _write_rhythm(rhythm: Rhythm) -> dict[str, Any]:
    words: dict[str, Any] = {}
    if rhythm.every is not None:
        words["every"] = rhythm.every.text
    if rhythm.count is not None:
        words["count"] = rhythm.count
    if rhythm.first_due is not None:
        words["first_due"] = rhythm.first_due.isoformat()
    if rhythm.due_dates:
        words["due_dates"] = [d.isoformat() for d in rhythm.due_dates]
    return words


def _write_down_payment(part: DownPayment) -> dict[str, str]:
    words = {word: str(value) for word, value in (("percent", part.percent), ("amount", part.amount)) if value is not None}
    words["due"] = "on_disbursement" if part.due_on is None else part.due_on.isoformat()
    return words


def _write_rule(rule: RoundingRule) -> dict[str, Any]:
    words: dict[str, Any] = {"mode": str(rule.mode), "places": rule.places}
    if rule.multiple_of is not None:
        words["multiple_of"] = str(rule.multiple_of)
    return words
