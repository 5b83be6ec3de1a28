"""Tables of profiles and batches. Held rows keep their cells sealed: they hold identity data."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from arrears.access.models import Creditor
from arrears.access.scoping import ScopedModel
from arrears.kernel.ids import new_id


def _batch_id() -> str:
    return new_id("bat")


class ImportProfile(models.Model):
    """A mapping profile kept in the database; its newest version is used."""

    code = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class ImportProfileVersion(models.Model):
    """One version of a profile. Never changed: a batch points at the version it was read with."""

    profile = models.ForeignKey(ImportProfile, on_delete=models.PROTECT, related_name="versions")
    version = models.IntegerField()
    words = models.JSONField()
    sha256 = models.BinaryField(max_length=32)
    shipped = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["profile", "version"], name="profile_version_once")]


class Batch(ScopedModel):
    """One file on its way into the base.

    States: received → checked → (awaiting) → approved → committing → committed → undone; ``refused`` where the file itself was
    refused, ``superseded`` where the same file was checked again. ``part_cursor`` parts of ``parts`` are committed.
    """

    public_id = models.CharField(max_length=40, unique=True, default=_batch_id)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    profile_version = models.ForeignKey(ImportProfileVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, default="received")
    file_name = models.CharField(max_length=200, blank=True)
    file_path = models.CharField(max_length=500, blank=True)  # where the bytes wait until the check is done
    file_is_ours = models.BooleanField(default=False)  # an upload of ours, removed after the check
    file_size = models.BigIntegerField(default=0)
    sha256 = models.BinaryField(max_length=32)
    options = models.JSONField(default=dict)  # encoding, delimiter, sheet, new_portfolios, manifest
    format = models.JSONField(default=dict)  # what was found out: format, encoding, delimiter, columns, letters
    rows_total = models.BigIntegerField(default=0)
    rows_good = models.BigIntegerField(default=0)
    rows_held = models.BigIntegerField(default=0)
    rows_warned = models.BigIntegerField(default=0)
    parts = models.IntegerField(default=0)
    part_cursor = models.IntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)  # per output: new, unchanged, changed, then inserted, updated
    totals = models.JSONField(default=dict)  # control totals per output and currency, and what they were compared with
    difference = models.JSONField(default=dict)  # against the last load of the profile: new, gone, changed
    rules = models.JSONField(default=dict)  # count by rule
    refusal = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=60)
    checked_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=60, blank=True)
    committed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["creditor", "-received_at"], name="batch_by_creditor"),
            models.Index(fields=["creditor", "sha256"], name="batch_by_file"),
        ]


class BatchRow(ScopedModel):
    """A row that waits (``held``), was mended and taken in (``committed``), or was given up (``dropped``)."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    row = models.BigIntegerField()
    state = models.CharField(max_length=10, default="held")
    group_key = models.CharField(max_length=80, blank=True)  # rows that go in together (a whole schedule)
    cells_sealed = models.BinaryField()
    faults = models.JSONField(default=list)
    mended_columns = models.JSONField(default=list)
    mended_at = models.DateTimeField(null=True)
    mended_by = models.CharField(max_length=60, blank=True)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "row"], name="batch_row_once")]
        indexes: ClassVar = [models.Index(fields=["batch", "state", "row"], name="batch_row_by_state")]
