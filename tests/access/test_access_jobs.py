"""Upkeep runs, and is known to the job queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from procrastinate.contrib.django import app

from arrears.access import actions_sign_in, jobs
from arrears.access.models import SignInThrottle
from arrears.journal import actions
from arrears.journal import jobs as journal_jobs
from arrears.journal.models import Pending
from arrears.kernel import clock
from arrears.kernel.scope import SYSTEM_SCOPE, Actor

pytestmark = pytest.mark.django_db


def test_jobs_are_found_by_the_queue():
    assert {"journal.seal", "access.tidy"} <= set(app.tasks)


def test_tidy():
    now = clock.now()
    long_ago = now - timedelta(days=3)
    SignInThrottle.objects.create(key=b"old", window_from=long_ago)
    SignInThrottle.objects.create(key=b"locked", window_from=long_ago, locked_until=now + timedelta(hours=1))
    SignInThrottle.objects.create(key=b"new", window_from=now)
    Session.objects.create(session_key="gone", session_data="", expire_date=long_ago)
    Session.objects.create(session_key="here", session_data="", expire_date=now + timedelta(hours=1))
    jobs.tidy(0)
    assert {bytes(r.key) for r in SignInThrottle.objects.all()} == {b"locked", b"new"}
    assert list(Session.objects.values_list("session_key", flat=True)) == ["here"]
    assert actions_sign_in.forget_old_failures(now) == 0


def test_seal_every_minute():
    actions.record(Actor(SYSTEM_SCOPE, "system", "t", "job"), "thing.done", ("thing", "t"), creditor_id=None)
    assert journal_jobs.seal(0) == 1
    assert not Pending.objects.exists()
