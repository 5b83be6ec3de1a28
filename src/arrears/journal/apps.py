"""Gives the product's database role its rights after every migration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.models.signals import post_migrate


def _grant(sender: AppConfig, using: str, plan: Any = None, **_: Any) -> None:
    from arrears.journal import rights

    with transaction.atomic(using=using):
        rights.grant_app_role(connections[using])


class JournalConfig(AppConfig):
    name = "arrears.journal"

    def ready(self) -> None:
        post_migrate.connect(_grant, sender=self, dispatch_uid="arrears.journal.rights")
