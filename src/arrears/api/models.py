"""Tables of the api room."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class IdempotencyKey(models.Model):
    """The answer to one keyed request, written in the same transaction as what the request did.

    ``owner`` is who asked (user or key prefix); ``fingerprint`` a keyed hash of method, path and body; ``answer_sealed`` the
    body, encrypted, because an answer may hold what only the asker may see.
    """

    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(max_length=32)
    status = models.IntegerField()
    headers = models.JSONField(default=dict)
    answer_sealed = models.BinaryField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once_per_owner")]
