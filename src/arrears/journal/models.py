"""Tables of the journal room. Rows are inserted once; database rights and triggers forbid update, delete and truncate."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Entry(models.Model):
    """One act. ``payload`` holds public ids, codes, dates and amounts, never an identity field in clear."""

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField()
    creditor_id = models.BigIntegerField(null=True, db_index=True)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=60)
    via = models.CharField(max_length=10)
    act = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60)
    customer_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    request_id = models.CharField(max_length=60, blank=True)
    content_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="entry_by_subject"),
            models.Index(fields=["customer_id", "-id"], name="entry_by_customer"),
        ]


class Leaf(models.Model):
    """Place of an entry in the Merkle log (RFC 6962 leaf hash)."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="leaf")
    leaf_hash = models.BinaryField(max_length=32)


class Checkpoint(models.Model):
    """Signed root over the first ``size`` leaves (Ed25519 over a canonical note)."""

    size = models.BigIntegerField(primary_key=True)
    root_hash = models.BinaryField(max_length=32)
    signed_at = models.DateTimeField()
    key_id = models.CharField(max_length=40)
    signature = models.BinaryField(max_length=64)
    frontier = models.BinaryField()  # roots of the perfect subtrees (merkle.Frontier): where the next sealing goes on


class Pending(models.Model):
    """Entries that wait for their leaf. Filled by a trigger, so no way of inserting an entry goes past it."""

    # no foreign key in the database: the trigger that writes it has the row at hand, and checking twice costs a third
    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
