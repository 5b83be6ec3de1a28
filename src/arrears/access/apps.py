"""Hangs the check of rights into every action."""

from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "arrears.access"

    def ready(self) -> None:
        from arrears.access import rights
        from arrears.journal import actions

        actions.guard_with(rights.check)
