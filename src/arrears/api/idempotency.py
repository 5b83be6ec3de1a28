"""``Idempotency-Key``: the same key and request gives the same answer, and the act happens once.

The answer is stored in the transaction of the act itself: after a crash either both exist or neither, so a repeat either gets
the answer or does the act. A second request with the key of a running one is told so (409): an advisory lock, which the
database frees when the first one ends in any way. Kept ``KEPT_HOURS``; success and refusals are kept, while answers about
credentials, rates and failures of the server are not, because a repeat may rightly end otherwise.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from arrears.api import problems, refusals
from arrears.api.models import IdempotencyKey
from arrears.kernel import clock
from arrears.kernel.refusals import Refusal
from arrears.kernel.scope import Actor
from arrears.parties import sealing

KEPT_HOURS = 48
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_SHAPE = re.compile(r"[\x21-\x7e]{1,200}")
_NOT_KEPT = frozenset({401, 403, 429})
_HEADERS = ("Location", "Content-Type")
_SWEEP = 200


def _body_digest(request: HttpRequest) -> str:
    if (request.content_type or "").startswith("multipart/"):
        digest = hashlib.sha256(repr(sorted((k, request.POST.getlist(k)) for k in request.POST)).encode())
        for name in sorted(request.FILES):
            for file in request.FILES.getlist(name):
                digest.update(f"\x00{name}\x00{file.name}\x00{file.size}\x00".encode())
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
        return digest.hexdigest()
    return hashlib.sha256(request.body).hexdigest()


def fingerprint(request: HttpRequest) -> bytes:
    """Keyed hash of what makes two requests the same: method, address with query, body."""
    return sealing.index("request", f"{request.method} {request.get_full_path()} {_body_digest(request)}")


def _try_lock(owner: str, key: str) -> bool:
    number = int.from_bytes(hashlib.sha256(f"idempotency\x00{owner}\x00{key}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    return bool(row and row[0])


def _known(kept: IdempotencyKey, print_: bytes) -> HttpResponse | Refusal:
    if bytes(kept.fingerprint) != print_:
        return refusals.KEY_REUSED.at(HEADER)
    try:
        body = sealing.open_sealed(kept.answer_sealed)
    except sealing.SealError:
        return refusals.ANSWER_LOST.at()
    response = HttpResponse(body, status=kept.status, headers=dict(kept.headers))
    response[REPLAYED] = "true"
    return response


def once(request: HttpRequest, actor: Actor, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer of ``act()``, or the kept answer when this key was answered before.

    Refusals: ``idempotency.key``, ``idempotency.other_request``, ``idempotency.running``, ``idempotency.answer_lost``.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not _SHAPE.fullmatch(key):
        return problems.answer(request, refusals.KEY_SHAPE.at(HEADER))
    owner = f"{actor.kind}:{actor.id}"
    print_ = fingerprint(request)
    if not _try_lock(owner, key):
        return problems.answer(request, refusals.KEY_RUNNING.at(HEADER))
    oldest = clock.now() - timedelta(hours=KEPT_HOURS)
    kept = IdempotencyKey.objects.filter(owner=owner, key=key).first()
    if kept is not None and kept.created_at > oldest:
        known = _known(kept, print_)
        return problems.answer(request, known) if isinstance(known, Refusal) else known
    response = _undoing(act)
    if response.status_code < 500 and response.status_code not in _NOT_KEPT and not response.streaming:
        IdempotencyKey.objects.filter(owner=owner, key=key).delete()
        IdempotencyKey.objects.create(
            owner=owner,
            key=key,
            fingerprint=print_,
            status=response.status_code,
            headers={name: response[name] for name in _HEADERS if name in response},
            answer_sealed=sealing.seal(response.content.decode()),
            created_at=clock.now(),
        )
        _sweep(oldest)
    return response


def _undoing(act: Callable[[], HttpResponse]) -> HttpResponse:
    """``act()`` inside a savepoint, undone when it is refused or fails: only the kept answer outlives a refusal."""
    with transaction.atomic():
        response = act()
        if response.status_code >= 400:
            transaction.set_rollback(True)
    return response


def _sweep(oldest: object) -> None:
    """Take away a few answers whose time is over; with every keyed request, so no job is needed."""
    old = IdempotencyKey.objects.filter(created_at__lt=oldest).values("id")[:_SWEEP]
    IdempotencyKey.objects.filter(id__in=old).delete()
