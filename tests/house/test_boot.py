"""The house stands: Django checks pass and migrations match the models."""

import pytest
from django.core.management import call_command


def test_checks_pass():
    call_command("check")


@pytest.mark.django_db
def test_migrations_match_models():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
