"""The kept answer and the act stand or fall together; uploads have a fingerprint too."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import RequestFactory

from arrears.api import idempotency
from arrears.api.models import IdempotencyKey
from arrears.kernel.scope import SYSTEM_SCOPE
from arrears.parties.models import Party

PERSON = {"creditor": "bank", "reference": "C-1", "name": "王小明"}


def upload(name: str, content: bytes, **fields: str):
    return RequestFactory().post("/api/v1/imports", {"file": SimpleUploadedFile(name, content), **fields})


def test_uploads_are_the_same_by_their_content():
    first = upload("a.csv", b"x,y", profile="p")
    print_ = idempotency.fingerprint(first)
    assert print_ == idempotency.fingerprint(upload("a.csv", b"x,y", profile="p"))
    assert first.FILES["file"].read() == b"x,y"  # still there for the handler
    others = [upload("a.csv", b"x,z", profile="p"), upload("b.csv", b"x,y", profile="p"), upload("a.csv", b"x,y", profile="q")]
    assert len({print_, *(idempotency.fingerprint(o) for o in others)}) == 4


@pytest.mark.parametrize("moment", ["before the answer is kept", "after the answer is kept"])
def test_a_crash_leaves_neither_act_nor_answer(operator, monkeypatch, moment):
    """Whatever breaks between the act and the end of the request, a repeat does the act exactly once."""
    keep, sweep = IdempotencyKey.objects.create, idempotency._sweep

    def broken(*args, **values):
        raise ConnectionError(moment)

    if moment.startswith("before"):
        monkeypatch.setattr(IdempotencyKey.objects, "create", broken)
    else:
        monkeypatch.setattr(idempotency, "_sweep", broken)
    with transaction.atomic():
        assert operator.post("parties", PERSON, **{"Idempotency-Key": "k"}).status_code == 500
    assert not Party.objects.visible_to(SYSTEM_SCOPE).exists()
    assert not IdempotencyKey.objects.exists()
    monkeypatch.setattr(IdempotencyKey.objects, "create", keep)
    monkeypatch.setattr(idempotency, "_sweep", sweep)
    made = [operator.post("parties", PERSON, **{"Idempotency-Key": "k"}) for _ in range(3)]
    assert [m.status_code for m in made] == [201, 201, 201]
    assert len({m.content for m in made}) == 1
    assert made[0]["Location"] == made[1]["Location"]
    assert Party.objects.visible_to(SYSTEM_SCOPE).count() == 1
