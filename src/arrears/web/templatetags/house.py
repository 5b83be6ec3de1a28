"""Money, dates, days, states and icons as every page shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from arrears.kernel.money import exponent_of, format_major
from arrears.kernel.refusals import Text

register = template.Library()

#: Names used by rooms -> symbol ids of the sprite.
ICONS = {
    "check": "check", "cross": "cross", "x": "cross", "clock": "clock", "pause": "pause", "ask": "ask", "find": "find",
    "search": "find", "desk": "desk", "list": "desk", "person": "person", "user": "person", "team": "team", "users": "team",
    "chart": "chart", "bar-chart": "chart", "tree": "tree", "git-merge": "merge", "inbox": "inbox", "upload": "inbox",
    "scale": "scale", "shield": "shield", "gear": "gear", "settings": "gear", "eye": "eye", "file": "file", "book": "book",
    "check-square": "stamp", "bank": "bank", "receipt": "bank", "calendar": "calendar", "lock": "lock", "warn": "warn",
}  # fmt: skip
STATE_ICONS = {"allow": "check", "wait": "clock", "stop": "cross", "hold": "pause", "none": "ask", "info": "file"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A line icon from the page's sprite. Hidden from readers: the word beside it speaks."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', ICONS.get(name, "ask"))


@register.simple_tag
def money(amount_minor: int | None, currency: str = "CNY") -> SafeString:
    """``12,480.35`` with the cents one step back; a real minus sign; an em dash where there is no figure."""
    if amount_minor is None:
        return mark_safe('<span class="dim">—</span>')
    text = format_major(abs(int(amount_minor)), currency)
    sign = "−" if int(amount_minor) < 0 else ""
    look = "money" if int(amount_minor) else "money zero"
    if exponent_of(currency) == 0:
        return format_html('<span class="{}">{}{}</span>', look, sign, text)
    whole, _, cents = text.partition(".")
    return format_html('<span class="{}">{}{}<small>.{}</small></span>', look, sign, whole, cents)


@register.simple_tag
def unit(words: str) -> SafeString:
    """A unit after a label, in the brackets of the reader's language."""
    return format_html(
        '<span class="unit-of">（{}）</span>'
        if not (get_language() or "zh").startswith("en")
        else ' <span class="unit-of">({})</span>',
        words,
    )


@register.filter
def plain_money(amount_minor: int | None, currency: str = "CNY") -> str:
    """The same amount as text, for titles and labels."""
    return "" if amount_minor is None else format_major(int(amount_minor), currency)


@register.simple_tag
def day(value: date | datetime | str | None) -> SafeString:
    """A date as ``2026-11-23``, machine-readable; an em dash for none."""
    if not value:
        return mark_safe('<span class="dim">—</span>')
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return format_html('<time datetime="{0}">{0}</time>', str(value))


@register.simple_tag
def instant(value: datetime | None) -> SafeString:
    """An instant in the house's zone, to the minute."""
    if not value:
        return mark_safe('<span class="dim">—</span>')
    local = timezone.localtime(value)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), local.strftime("%Y-%m-%d %H:%M"))


@register.simple_tag
def state(kind: str, words: str) -> SafeString:
    """A badge: colour, icon, word and edge together."""
    return format_html(
        '<span class="badge" data-state="{}"><svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>{}</span>',
        kind, STATE_ICONS.get(kind, "ask"), words,
    )  # fmt: skip


@register.simple_tag
def says(kind: str, words: str) -> SafeString:
    """The same as ``state`` in running text, without a box."""
    return format_html(
        '<span class="says" data-state="{}"><svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>{}</span>',
        kind, STATE_ICONS.get(kind, "ask"), words,
    )  # fmt: skip


@register.simple_tag
def text(value: Text | str | dict[str, str] | None) -> str:
    """A bilingual text in the reader's language."""
    if value is None:
        return ""
    if isinstance(value, Text):
        return value.in_language(get_language() or "zh-hans")
    if isinstance(value, dict):
        return str(value.get("zh" if (get_language() or "zh").startswith("zh") else "en", ""))
    return value


@register.simple_tag
def masked(value: str) -> SafeString:
    """A masked identity: marked, so that readers and tests can tell it from a plain word."""
    return format_html('<span class="masked">{}</span>', value or "—")


@register.simple_tag
def rungs(depth: int) -> SafeString:
    """How deep in arrears, 0 to 6 steps. Always beside the figure; says nothing to a reader."""
    steps = [
        format_html(
            '<rect{} x="{}" y="{}" width="3" height="{}"/>',
            mark_safe(' class="on"') if n < depth else "",
            n * 4, f"{8 - n * 1.5:g}", f"{2 + n * 1.5:g}",
        )
        for n in range(6)
    ]  # fmt: skip
    return format_html('<svg class="rungs" viewBox="0 0 23 10" aria-hidden="true">{}</svg>', mark_safe("".join(steps)))  # noqa: S308


@register.simple_tag
def why(url: str, label: str = "") -> SafeString:
    """The link that opens the derivation of a figure."""
    return format_html(
        '<a class="why" href="{}">{}</a>', url, label or ("为什么" if (get_language() or "zh").startswith("zh") else "why")
    )


@register.simple_tag
def tab_url(key: str, dates: Any, why_id: str = "") -> str:
    """Address of a tab of the same page, with the two dates carried along."""
    own = {"tab": key, "why": why_id}
    if dates.is_past:
        own |= {"as_of": dates.as_of_text, "known_at": dates.known_text}
    return "?" + urlencode({k: v for k, v in own.items() if v})


@register.simple_tag
def link_to(name: str, *args: Any, **kwargs: Any) -> str:
    """URL of a page that may not be installed: empty text instead of an error."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""


@register.simple_tag
def percent(part: int | Decimal | None, whole: int | Decimal | None, places: int = 1) -> str:
    """``part`` of ``whole`` as a percentage, exact arithmetic; an em dash where there is no whole."""
    if not whole or part is None:
        return "—"
    return f"{(Decimal(part) * 100 / Decimal(whole)):.{places}f}%"


@register.filter
def word(code: str, table: str) -> str:
    """The reader's word for a code of a named table in ``web.words`` (``{{ point.kind|word:"POINTS" }}``)."""
    from arrears.web import words

    return words.said(getattr(words, table), str(code))


@register.filter
def act(code: str) -> str:
    """The reader's words for an act of the journal."""
    from arrears.web import words

    return words.said_act(str(code))


@register.filter
def source(text: str) -> str:
    """The reader's word for the origin of a record."""
    from arrears.web import words

    return words.source(str(text or ""))


@register.simple_tag
def fields_seen(row: Any) -> str:
    """The masked fields of one access-log row, in words."""
    from arrears.web import words

    return ", ".join(words.said(words.FIELDS, f"{row.subject_kind}.{field}") for field in row.fields)


@register.simple_tag
def right_party(code: str) -> SafeString:
    """Badge of what is known about who answers a contact point."""
    from arrears.web import words

    kind, label = words.RIGHT_PARTY.get(code, ("none", code))
    return state(kind, words.said({code: label}, code))


@register.simple_tag
def permille(value: int | None) -> str:
    """A share in per mille as a percentage; an em dash for none."""
    return "—" if value is None else f"{Decimal(value) / 10:.1f}%"


@register.simple_tag
def permille_width(value: int) -> str:
    """A share in per mille as the length of a bar."""
    return f"{int(value) / 10:g}%"


@register.filter
def unlocalized(value: int) -> str:
    """A number for an SVG attribute: no thousands separator."""
    return str(int(value))


@register.simple_tag
def change(amount_minor: int | None, currency: str = "CNY") -> SafeString:
    """A change of an amount: ``▲ 12.00`` or ``▼ 12.00`` in ink (never red or green), an em dash for none."""
    if amount_minor is None:
        return mark_safe('<span class="dim">—</span>')
    if int(amount_minor) == 0:
        return format_html('<span class="change">{}</span>', money(0, currency))
    english = (get_language() or "zh").startswith("en")
    mark, word = ("▲", "up" if english else "增") if int(amount_minor) > 0 else ("▼", "down" if english else "减")
    return format_html(
        '<span class="change"><span aria-hidden="true">{} </span><span class="visually-hidden">{} </span>{}</span>',
        mark, word, money(abs(int(amount_minor)), currency),
    )  # fmt: skip


@register.simple_tag
def sort_head(head: dict[str, str], label: str, unit: str = "") -> SafeString:
    """A table head that sorts on the server: a link, and ``aria-sort`` where the list is sorted by it."""
    arrow = {"descending": "↓", "ascending": "↑"}.get(head["sorted"], "")
    return format_html(
        '<th scope="col" class="n"{}><a class="sort" href="{}">{}{} <span aria-hidden="true">{}</span></a></th>',
        format_html(' aria-sort="{}"', head["sorted"]) if head["sorted"] else "",
        head["url"], label, format_html(' <span class="dim">{}</span>', unit) if unit else "", arrow,
    )  # fmt: skip


@register.simple_tag
def creditor_name(one: Any) -> str:
    """A creditor's name in the reader's language."""
    return str((one.name_en or one.name) if (get_language() or "zh").startswith("en") else one.name)


@register.simple_tag
def step(line: Any) -> str:
    """What a statement line did, without the arithmetic that ``derivation`` shows below it."""
    said = line.what.in_language(get_language() or "zh-hans")
    if line.days and line.annual_percent is not None:
        said = said.partition("：")[0].partition(" on ")[0]
    return said[:1].upper() + said[1:]


@register.simple_tag
def derivation(line: Any, currency: str) -> SafeString:
    """The arithmetic and the source of a statement line: short parts, none of which breaks inside."""
    parts = []
    if line.days and line.annual_percent is not None:
        year = line.day_count.partition("/")[2] or line.day_count
        days = f"{line.days} 天" if (get_language() or "zh").startswith("zh") else f"{line.days} days"
        rate = (
            f"{line.annual_percent:f}".rstrip("0").rstrip(".")
            if "." in f"{line.annual_percent:f}"
            else f"{line.annual_percent:f}"
        )
        parts.append(f"{format_major(line.base_minor, currency)} × {rate}% ÷ {year} × {days}")
    if line.clause:
        parts.append(line.clause)
    if line.reference and not line.reference.startswith("lev_"):
        parts.append(("流水尾号 " if (get_language() or "zh").startswith("zh") else "bank ref. …") + line.reference[-5:])
    spans = [format_html('<span class="nowrap">{}</span>', part) for part in parts]
    return mark_safe(" ".join(spans))  # noqa: S308 - every part went through format_html
