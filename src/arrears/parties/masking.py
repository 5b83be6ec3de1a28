"""How identity fields look before a reveal. Pure; the masked form is stored beside the sealed one.

Forms (house style, after JR/T 0171-2020 on showing personal financial information): name 王*明, phone 138****1234,
identity number 110101********1234, card 6222 **** **** 1234.
"""

from __future__ import annotations

import unicodedata


def _is_cjk(text: str) -> bool:
    return any("\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or c >= "\U00020000" for c in text)


def name(text: str) -> str:
    """A person's name: ``王*明``, ``李*``, ``欧**娜``; in other scripts the first letter of each word: ``J*** S****``."""
    text = text.strip()
    if not text:
        return ""
    if _is_cjk(text):
        return text[0] + "*" if len(text) <= 2 else text[0] + "*" * (len(text) - 2) + text[-1]
    return " ".join(word[0] + "*" * max(1, min(len(word) - 1, 4)) for word in text.split())


def company(text: str) -> str:
    """A company: the first two and the last four characters stay: ``上海******有限公司``."""
    text = text.strip()
    if len(text) <= 6:
        return text[:1] + "*" * max(1, len(text) - 1) if text else ""
    return text[:2] + "*" * (len(text) - 6) + text[-4:]


def phone(text: str) -> str:
    """``138****1234`` for a Chinese mobile number; else the last four digits (``010-****5678``, ``+44******1234``)."""
    if len(text) == 11 and text.isdigit():
        return text[:3] + "****" + text[7:]
    digits = sum(c.isdigit() for c in text)
    keep_head = 3 if digits >= 10 else 1
    seen, out = 0, []
    for c in text:
        if c.isdigit():
            seen += 1
            out.append(c if seen <= keep_head or (seen > digits - 4 and digits > 7) else "*")
        elif c in "+-() ":
            out.append(c)
        else:
            out.append("*")
    return "".join(out)


def identity(text: str) -> str:
    """``110101********1234``: six in front and four behind stay of 18 places; shorter numbers keep less."""
    size = len(text)
    if size >= 15:
        return text[:6] + "*" * (size - 10) + text[-4:]
    if size >= 8:
        return text[:2] + "*" * (size - 4) + text[-2:]
    return "*" * size


def card(text: str) -> str:
    """A card or account number: ``6222 **** **** 1234``; of numbers below 12 digits only the last four stay."""
    digits = "".join(c for c in text if c.isalnum())
    if len(digits) < 12:
        return "**** " + digits[-4:] if len(digits) > 4 else "****"
    return f"{digits[:4]} **** **** {digits[-4:]}"


def email(text: str) -> str:
    """``w***@example.com``."""
    local, at, domain = text.strip().rpartition("@")
    return f"{local[:1]}***@{domain}" if at else "***"


#: Where the coarse part of a Chinese address ends, best first.
_ADDRESS_ENDS = ("区", "县", "旗", "市", "州", "盟", "省")


def address(text: str) -> str:
    """An address keeps its district (``上海市浦东新区****``); without one, its first six characters at most a third."""
    text = unicodedata.normalize("NFKC", text).strip()
    for mark in _ADDRESS_ENDS:
        place = text.find(mark, 2)
        if 0 < place <= 14:
            return text[: place + 1] + "****"
    return text[: min(6, len(text) // 3)] + "****" if text else ""


def value(kind: str, text: str) -> str:
    """Mask by kind of contact point or field: ``mobile landline phone email address im name company id card``."""
    functions = {
        "mobile": phone, "landline": phone, "phone": phone, "email": email, "address": address, "name": name,
        "company": company, "id": identity, "card": card, "im": identity,
    }  # fmt: skip
    return functions[kind](text)
