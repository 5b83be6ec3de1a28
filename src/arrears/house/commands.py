"""Commands of the house itself: migrate, serve, doctor, db."""

from __future__ import annotations


def migrate() -> None:
    """Bring the database schema up to date."""
    from django.core.management import call_command

    call_command("migrate", verbosity=1)


ROOT = {"migrate": migrate}
