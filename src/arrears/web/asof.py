"""The two dates of every money page: as of which day, as known at which instant. Read from the address, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

from arrears.kernel import clock


@dataclass(frozen=True, slots=True)
class AsOf:
    """``known_at`` None means all that is known. ``errors`` name fields that could not be read; the present is shown then."""

    as_of: date
    known_at: datetime | None
    as_of_text: str
    known_text: str
    errors: tuple[str, ...]

    @property
    def is_past(self) -> bool:
        """Whether the page looks back: either date is not now."""
        return self.known_at is not None or self.as_of != clock.today()

    @property
    def query(self) -> str:
        """To carry the dates along in links; empty for the present."""
        words = {k: v for k, v in (("as_of", self.as_of_text), ("known_at", self.known_text)) if v}
        return "?" + urlencode(words) if words and self.is_past else ""


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a civil date has no zone
        except ValueError:
            continue
    return None


def _instant(text: str) -> datetime | None:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=clock.HOME_ZONE)
        except ValueError:
            continue
    day = _day(text)
    return None if day is None else datetime.combine(day, time(23, 59, 59), clock.HOME_ZONE)


def read(request: HttpRequest) -> AsOf:
    """The dates asked for by ``?as_of=…&known_at=…``; the present where absent or unreadable."""
    errors: list[str] = []
    as_of_text, known_text = request.GET.get("as_of", "").strip(), request.GET.get("known_at", "").strip()
    as_of = _day(as_of_text) if as_of_text else clock.today()
    if as_of is None:
        errors.append(_("截至日期“%(text)s”无法识别，请写成 2026-11-23。") % {"text": as_of_text})
        as_of, as_of_text = clock.today(), ""
    known_at = _instant(known_text) if known_text else None
    if known_text and known_at is None:
        errors.append(_("所知时点“%(text)s”无法识别，请写成 2026-11-23 14:07。") % {"text": known_text})
        known_text = ""
    if known_at is not None and known_at >= clock.now():
        known_at, known_text = None, ""
    return AsOf(as_of, known_at, as_of_text or as_of.isoformat(), known_text, tuple(errors))
