"""Amounts in words: Chinese capital form (人民币大写) for letters, receipts and court forms."""

from __future__ import annotations

from arrears.kernel.money import exponent_of

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def _group(value: int, *, leading: bool) -> str:
    """Up to four digits in capitals; a zero inside (or before, unless leading) is said once."""
    text, gap = "", not leading and value < 1000
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        elif text:
            gap = True
    return text


def capital_form(amount_minor: int, currency: str = "CNY") -> str:
    """``amount_minor`` in capital form, e.g. 1248035 CNY -> 壹万贰仟肆佰捌拾元叁角伍分.

    Follows the basic rules for filling in bills and settlement vouchers (支付结算办法 附一): 整 after whole yuan or jiao,
    零 for an empty place inside. Other currencies get their code in front. Raises ``ValueError`` for a negative amount,
    one of 10^16 major units or more, or a currency without two places.
    """
    if amount_minor < 0 or exponent_of(currency) != 2:
        raise ValueError("capital form is for non-negative amounts of currencies with two places")
    major, cents = divmod(amount_minor, 100)
    if major >= 10**16:
        raise ValueError("amount too large for capital form")
    groups = [(i, major // 10 ** (4 * i) % 10000) for i in (3, 2, 1, 0)]
    text, skipped = "", False
    for index, value in groups:
        if value:
            joined = _group(value, leading=not text)
            text += ("零" if skipped and not joined.startswith("零") else "") + joined + _GROUPS[index]
            skipped = False
        elif text:
            skipped = True
    jiao, fen = divmod(cents, 10)
    if text:
        text += "元"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif fen and text:
        text += "零"
    if fen:
        text += _DIGITS[fen] + "分"
    else:
        text = (text or "零元") + "整"
    return text if currency == "CNY" else f"{currency} {text}"
