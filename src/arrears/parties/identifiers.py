"""Identity numbers, phone numbers and names as they are written in China, checked and brought to one form. Pure.

Every ``check_*`` returns the normal form or a ``Refusal`` whose sentence quotes the *masked* value only.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from operator import mul

import phonenumbers
import pypinyin
from phonenumbers import timezone as phone_zones

from arrears.kernel.refusals import Refusal
from arrears.parties import masking, refusals

#: Province codes, the first two places of a resident identity number (GB/T 2260; 81-83 residence permits of HK, MO, TW).
PROVINCES = frozenset(
    str(code)
    for code in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2**(17-i) mod 11
_ID_WEIGHT_SUM = sum(_ID_WEIGHTS)
_ID_CHECKS = "10X98765432"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_USCC_VALUES = {c: i for i, c in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_SCIENTIFIC = re.compile(r"^\d(\.\d+)?E\+?\d{1,2}$", re.IGNORECASE)
_CN_MOBILE = re.compile(r"^(?:\+?86|0086)?(1[3-9]\d{9})$")
_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
_EMAIL = re.compile(r"^[^@\s]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}$")
_NOISE = str.maketrans("", "", " \u00a0\u3000\t-—－()（）.")

ID_KINDS = ("cn_resident_id", "cn_uscc", "passport", "other")


def is_scientific(text: str) -> bool:
    """Whether a spreadsheet wrote the number as ``1.10101E+17``: its last places are lost.

    >>> is_scientific("1.10101E+17"), is_scientific("110101199003071233")
    (True, False)
    """
    return bool(_SCIENTIFIC.match(text.strip()))


def _folded(text: str) -> str:
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A resident identity number in its 18-place form, with what it says. ``is_male`` from the 17th place."""

    number: str
    born_on: date
    is_male: bool
    province: str


def resident_check_digit(first_17: str) -> str:
    """Check place of the first 17 digits (ISO 7064 MOD 11-2).

    >>> resident_check_digit("11010519491231002")
    'X'
    """
    return _ID_CHECKS[(sum(map(mul, first_17.encode(), _ID_WEIGHTS)) - 48 * _ID_WEIGHT_SUM) % 11]  # 48: the byte of "0"


def check_resident_id(text: str) -> ResidentId | Refusal:
    """Read a resident identity number of 18 places, or of the old 15 (brought to 18).

    Refusals: ``id.rounded_by_spreadsheet``, ``id.shape``, ``id.region``, ``id.birth_date``, ``id.checksum`` (GB 11643-1999).
    """
    given = _folded(text)
    number = "".join(given.split()).upper().removeprefix("'")
    if len(number) < 15 and is_scientific(given):
        return refusals.ID_ROUNDED.at(masked=given)
    masked = masking.identity(number)
    if len(number) == 15 and number.isascii() and number.isdigit():
        number = number[:6] + "19" + number[6:]
        number += resident_check_digit(number)
    if not _RESIDENT_ID.fullmatch(number):
        return refusals.ID_SHAPE.at(masked=masked)
    right = resident_check_digit(number[:17]) == number[17]
    if not right and number.endswith("000"):
        return refusals.ID_ROUNDED.at(masked=masked)
    if number[:2] not in PROVINCES:
        return refusals.ID_REGION.at(masked=masked)
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return refusals.ID_BIRTH_DATE.at(masked=masked)
    if not right:
        return refusals.ID_CHECKSUM.at(masked=masked)
    return ResidentId(number, born_on, int(number[16]) % 2 == 1, number[:2])


def uscc_check_character(first_17: str) -> str:
    """Check character of a unified social credit code (GB 32100-2015, modulo 31).

    >>> uscc_check_character("91350100M000100Y4")
    '3'
    """
    rest = sum(_USCC_VALUES[c] * w for c, w in zip(first_17, _USCC_WEIGHTS, strict=True)) % 31
    return _USCC_ALPHABET[(31 - rest) % 31]


def check_uscc(text: str) -> str | Refusal:
    """Read a unified social credit code. Refusals: ``id.rounded_by_spreadsheet``, ``uscc.shape``, ``uscc.checksum``."""
    given = _folded(text)
    if is_scientific(given):
        return refusals.ID_ROUNDED.at(masked=given)
    code = "".join(given.split()).upper().removeprefix("'")
    masked = masking.identity(code)
    if len(code) != 18 or any(c not in _USCC_VALUES for c in code):
        return refusals.USCC_SHAPE.at(masked=masked)
    return code if uscc_check_character(code[:17]) == code[17] else refusals.USCC_CHECKSUM.at(masked=masked)


def check_id(kind: str, text: str) -> str | Refusal:
    """Normal form of an identity number of ``kind`` (see ``ID_KINDS``). Unknown kinds: ``id.kind``."""
    if kind == "cn_resident_id":
        found = check_resident_id(text)
        return found.number if isinstance(found, ResidentId) else found
    if kind == "cn_uscc":
        return check_uscc(text)
    if kind not in ID_KINDS:
        return refusals.ID_KIND.at(kind=kind)
    given = _folded(text)
    if is_scientific(given):
        return refusals.ID_ROUNDED.at(masked=given)
    return "".join(given.split()).upper() or refusals.VALUE_EMPTY.at(field="id_number")


def age_on(born_on: date, on: date) -> int:
    """Completed years of life on ``on``. Born on 29 February, one is a year older on 1 March of common years."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


@dataclass(frozen=True, slots=True)
class Phone:
    """A dialable number. ``kind`` is ``mobile`` or ``landline``; ``time_zones`` what its area code proves (may be several)."""

    e164: str
    kind: str
    region: str
    time_zones: tuple[str, ...] = ()

    @property
    def national(self) -> str:
        """As people in China write it: ``13800138000``; other regions keep the international form."""
        return self.e164[3:] if self.region == "CN" and self.kind == "mobile" else self.e164


_CN_ZONES = ("Asia/Shanghai",)


def check_phone(text: str, region: str = "CN") -> Phone | Refusal:
    """Read a phone number as written in ``region``. Refusals: ``phone.rounded_by_spreadsheet``, ``phone.shape``.

    A trailing ``.0`` (a number column read as text) is taken off, since no digit is lost.
    """
    given = _folded(text).removeprefix("'")
    if is_scientific(given):
        return refusals.PHONE_ROUNDED.at()
    given = given.removesuffix(".0")
    digits = given.translate(_NOISE)
    if region == "CN" and (mobile := _CN_MOBILE.match(digits)):
        return Phone("+86" + mobile[1], "mobile", "CN", _CN_ZONES)
    return _foreign_phone(given, region)


@functools.lru_cache(maxsize=10_000)
def _foreign_phone(given: str, region: str) -> Phone | Refusal:
    refusal = refusals.PHONE_SHAPE.at(masked=masking.phone(given))
    try:
        number = phonenumbers.parse(given, region)
    except phonenumbers.NumberParseException:
        return refusal
    if not phonenumbers.is_valid_number(number):
        return refusal
    kinds = phonenumbers.PhoneNumberType
    kind = "landline" if phonenumbers.number_type(number) == kinds.FIXED_LINE else "mobile"
    zones = tuple(z for z in phone_zones.time_zones_for_number(number) if z != "Etc/Unknown")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(e164, kind, phonenumbers.region_code_for_number(number) or region, zones)


def check_email(text: str) -> str | Refusal:
    """An e-mail address in lower case. Refusal: ``email.shape``."""
    given = _folded(text).lower()
    return given if _EMAIL.match(given) else refusals.EMAIL_SHAPE.at(masked=masking.email(given))


#: Surnames read otherwise than the same character elsewhere.
_SURNAMES = {
    "曾": "z", "单": "s", "解": "x", "仇": "q", "区": "o", "查": "z", "朴": "p", "盖": "g", "缪": "m", "尉迟": "yc",
    "万俟": "mq", "翟": "z", "覃": "q", "褚": "c", "召": "s", "种": "c", "重": "c", "乐": "y", "长孙": "zs", "冼": "x",
    "仉": "z", "员": "y", "秘": "b", "繁": "p", "曲": "q", "折": "s", "黑": "h", "逄": "p", "宓": "m", "郇": "x",
}  # fmt: skip


@functools.lru_cache(maxsize=30_000)
def _initial(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    letters = pypinyin.lazy_pinyin(character, style=pypinyin.Style.FIRST_LETTER, errors="ignore")
    return str(letters[0]) if letters else ""


def initials(name: str) -> str:
    """Search key of a name: pinyin initials (``王小明`` gives ``wxm``, surnames read as surnames), or word initials.

    >>> initials("曾小贤"), initials("John Smith")
    ('zxx', 'js')
    """
    name = _folded(name)
    if name.isascii():
        return "".join(word[0] for word in name.lower().split() if word[0].isalnum())[:40]
    for size in (2, 1):
        if head := _SURNAMES.get(name[:size]):
            return (head + "".join(_initial(c) for c in name[size:]))[:40]
    return "".join(_initial(c) for c in name)[:40]
