"""Night work of the access room."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from procrastinate.contrib.django import app

from arrears.access import actions_sign_in
from arrears.kernel import clock


@app.periodic(cron="17 3 * * *", periodic_id="access.tidy")
@app.task(name="access.tidy", queueing_lock="access.tidy")
def tidy(timestamp: int) -> None:
    """Every night: forget failures that no longer count, and sessions that ran out."""
    now = clock.now()
    ended = Session.objects.filter(expire_date__lt=now).values_list("session_key", flat=True)
    actions_sign_in.end_sessions(ended)
    actions_sign_in.forget_old_failures(now)
