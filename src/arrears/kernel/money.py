"""Money: integer minor units inside, ``Decimal`` at the edge, a currency always beside the amount."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation
from enum import StrEnum

#: Minor-unit exponents that differ from 2 (ISO 4217, list one).
_EXPONENTS = {
    "BHD": 3, "CLP": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3,
    "PYG": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


class RoundingMode(StrEnum):
    """How an exact amount becomes whole minor units. ``NONE`` keeps it exact (comparison with published figures only)."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    HALF_DOWN = "half_down"
    UP = "up"
    DOWN = "down"
    NONE = "none"

    @property
    def decimal_mode(self) -> str:
        return _DECIMAL_MODES[self]


#: Made once: every rounding of every instalment asks here.
_DECIMAL_MODES = {
    RoundingMode.HALF_EVEN: ROUND_HALF_EVEN, RoundingMode.HALF_UP: ROUND_HALF_UP, RoundingMode.HALF_DOWN: ROUND_HALF_DOWN,
    RoundingMode.UP: ROUND_UP, RoundingMode.DOWN: ROUND_DOWN, RoundingMode.NONE: ROUND_HALF_EVEN,
}  # fmt: skip


def exponent_of(currency: str) -> int:
    """Number of decimal places of ``currency`` (ISO 4217 alphabetic code): 2 for CNY, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str, mode: RoundingMode = RoundingMode.HALF_UP) -> int:
    """Round an exact ``amount`` in major units to integer minor units of ``currency``.

    >>> to_minor(Decimal("12.345"), "CNY")
    1235
    """
    scaled = amount.scaleb(exponent_of(currency))
    return int(scaled.quantize(Decimal(1), rounding=mode.decimal_mode))


def to_major(amount_minor: int, currency: str) -> Decimal:
    """Integer minor units as an exact ``Decimal`` in major units, with the currency's own number of places.

    >>> to_major(1235, "CNY")
    Decimal('12.35')
    """
    return Decimal(amount_minor).scaleb(-exponent_of(currency))


def parse_minor(text: str, currency: str) -> int | None:
    """Read a decimal string exactly. ``None`` when it is no number or finer than the currency's minor unit.

    Thousands separators (``,`` and a space) are accepted only where they group three digits.

    >>> parse_minor("1,234.50", "CNY"), parse_minor("0.001", "CNY")
    (123450, None)
    """
    cleaned = text.strip().replace("\u00a0", " ")
    if "," in cleaned or " " in cleaned:
        head, _, tail = cleaned.partition(".")
        groups = head.lstrip("+-").replace(" ", ",").split(",")
        if not (1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])) or "," in tail or " " in tail:
            return None
        cleaned = cleaned.replace(",", "").replace(" ", "")
    try:
        value = Decimal(cleaned)
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    scaled = value.scaleb(exponent_of(currency))
    return int(scaled) if scaled == scaled.to_integral_value() else None


def format_major(amount_minor: int, currency: str) -> str:
    """House format: comma groups of three, full stop, fixed places: ``12,480.35``."""
    return f"{to_major(amount_minor, currency):,.{exponent_of(currency)}f}"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of one currency. ``amount_minor`` is an integer number of minor units (fen, cents)."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount_minor, bool) or not isinstance(self.amount_minor, int):
            raise TypeError(f"amount_minor must be an int, not {type(self.amount_minor).__name__}")
        if len(self.currency) != 3 or not self.currency.isupper():
            raise ValueError(f"not an ISO 4217 code: {self.currency!r}")

    @classmethod
    def of(cls, major: str | Decimal | int, currency: str) -> Money:
        """Exact construction from major units. Raises ``ValueError`` if finer than the minor unit."""
        minor = parse_minor(str(major), currency)
        if minor is None:
            raise ValueError(f"{major!r} is not an exact amount of {currency}")
        return cls(minor, currency)

    @property
    def major(self) -> Decimal:
        return to_major(self.amount_minor, self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"currencies differ: {self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_minor <= other.amount_minor

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def __str__(self) -> str:
        return f"{format_major(self.amount_minor, self.currency)} {self.currency}"

    def as_json(self) -> dict[str, str]:
        """API form: ``{"amount": "12480.35", "currency": "CNY"}``."""
        return {"amount": str(self.major), "currency": self.currency}


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum of ``amounts``; zero of ``currency`` when there are none. Raises ``ValueError`` on a mixed currency."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result


def share_out(amount_minor: int, weights: list[int]) -> list[int]:
    """Split ``amount_minor`` pro rata to ``weights`` by largest remainder: parts are integers and sum exactly.

    >>> share_out(100, [1, 1, 1])
    [34, 33, 33]
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("weights must have a positive sum")
    floors = [amount_minor * w // whole for w in weights]
    rests = sorted(range(len(weights)), key=lambda i: (-(amount_minor * weights[i] % whole), i))
    for i in rests[: amount_minor - sum(floors)]:
        floors[i] += 1
    return floors
