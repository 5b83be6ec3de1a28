"""Several creditors in one installation never see each other: every scoped table, every reading function, random scopes.

Rows are made for each ``ScopedModel`` that is installed, with all the rows they point to. A new table that the maker cannot fill
fails here until ``SPECIAL`` says how, so none stays untried.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
from collections.abc import Iterable
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import arrears
from arrears.access.models import Agency, Creditor, Portfolio, Team, User
from arrears.access.scoping import ScopedModel, ScopeMissingError
from arrears.house import rooms
from arrears.kernel.scope import SYSTEM_SCOPE, Scope

pytestmark = pytest.mark.django_db

SCOPED = sorted((m for m in apps.get_models() if issubclass(m, ScopedModel)), key=lambda m: m._meta.label)
#: Field values that the maker could not guess: {"app.Model": {"field": lambda maker, creditor: value}}.
SPECIAL: dict[str, dict[str, object]] = {
    "gate.Permit": {  # a letter stands only on a settled letter permit
        "channel": "letter",
        "state": "settled",
        "used_at": datetime(2026, 1, 1, tzinfo=UTC),
        "settled_at": datetime(2026, 1, 1, tzinfo=UTC),
    },
}
COUNTER = itertools.count(1)


class Maker:
    """Makes one row of each kind per creditor and remembers it."""

    def __init__(self):
        self.made = {}
        self.user = User.objects.create(username=f"u{next(COUNTER)}", display_name="u")

    def other(self, model, creditor):
        if model is Creditor:
            return creditor
        if model is User:
            return self.user
        if (model, creditor.id) not in self.made:
            self.made[model, creditor.id] = self.row(model, creditor)
        return self.made[model, creditor.id]

    def row(self, model, creditor, **given):
        special = SPECIAL.get(model._meta.label, {})
        values = {name: make(self, creditor) if callable(make) else make for name, make in special.items()} | given
        for field in model._meta.concrete_fields:
            if field.name in values or field.has_default() or (field.primary_key and isinstance(field, models.AutoField)):
                continue
            if field.is_relation:
                is_scope_path = field.name in {
                    "creditor",
                    "portfolio",
                    "team",
                    "agency",
                    "agreement",
                    "customer",
                    "party",
                    "case",
                }
                if not field.null or is_scope_path:
                    values[field.name] = self.other(field.related_model, creditor)
            elif not field.null:
                values[field.name] = self.value(field)
        manager = model.objects if not issubclass(model, ScopedModel) else model.everything
        return manager.create(**values)

    def value(self, field):
        n = next(COUNTER)
        if isinstance(field, models.DateTimeField):
            return datetime(2026, 1, 1, tzinfo=UTC)
        if isinstance(field, models.DateField):
            return date(2026, 1, 1)
        if isinstance(field, models.TimeField):
            return datetime(2026, 1, 1, tzinfo=UTC).time()
        if isinstance(field, models.BinaryField):
            return n.to_bytes(8, "big")
        if isinstance(field, ArrayField):
            return []
        if isinstance(field, models.JSONField):
            return {}
        if isinstance(field, models.BooleanField):
            return False
        if isinstance(field, models.CharField | models.TextField):
            return f"v{n}"[: field.max_length or 20]
        if isinstance(field, models.UUIDField):
            import uuid

            return uuid.UUID(int=n)
        return n


@pytest.fixture
def world():
    """Three creditors with two portfolios each and a row of every scoped table."""
    creditors = [Creditor.objects.create(code=f"C{n}", name=f"C{n}") for n in range(3)]
    maker = Maker()
    for creditor in creditors:
        for model in SCOPED:
            maker.other(model, creditor)
    return creditors, maker


def owner_of(row, path):
    for step in path.split("__"):
        row = getattr(row, step)
    return row


def test_there_are_tables_to_try():
    assert len(SCOPED) > 15


def test_no_scope_sees_a_row_of_another_creditor(world):
    creditors, _ = world
    for model in SCOPED:
        rows = list(model.objects.visible_to(SYSTEM_SCOPE))
        assert {owner_of(r, model.scope_creditor) for r in rows} == {c.id for c in creditors}, model
        for size in range(4):
            for some in itertools.combinations(creditors, size):
                scope = Scope(frozenset(c.id for c in some))
                seen = {r.pk for r in model.objects.visible_to(scope)}
                assert seen == {r.pk for r in rows if owner_of(r, model.scope_creditor) in scope.creditor_ids}, model


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(data=st.data())
def test_narrowing_never_widens(world, data):
    creditors, _ = world
    ids = {
        "portfolio_ids": list(Portfolio.objects.values_list("id", flat=True)),
        "team_ids": list(Team.objects.values_list("id", flat=True)),
        "agency_ids": list(Agency.objects.values_list("id", flat=True)),
    }
    some = frozenset(data.draw(st.sets(st.sampled_from([c.id for c in creditors]))))
    narrowing = {k: frozenset(data.draw(st.sets(st.sampled_from([*v, 10**9])))) for k, v in ids.items()}
    wide, narrow = Scope(some), Scope(some, **narrowing)
    for model in SCOPED:
        seen = {r.pk: r for r in model.objects.visible_to(narrow)}
        assert set(seen) <= set(model.objects.visible_to(wide).values_list("pk", flat=True))
        for key, path in (
            ("portfolio_ids", model.scope_portfolio), ("team_ids", model.scope_team), ("agency_ids", model.scope_agency),
        ):  # fmt: skip
            if path and narrowing[key]:
                assert all(owner_of(r, path) in narrowing[key] for r in seen.values()), model


@pytest.mark.parametrize("model", SCOPED, ids=lambda m: m._meta.label)
def test_nothing_is_read_without_a_scope(model):
    for read in (
        lambda: model.objects.all(), lambda: model.objects.filter(pk=1), lambda: model.objects.get(pk=1),
        lambda: model.objects.count(), lambda: model.objects.first(), lambda: model.objects.in_bulk([1]),
        lambda: model.objects.values(), lambda: list(model.objects.iterator()), lambda: model.objects.unscoped(""),
    ):  # fmt: skip
        with pytest.raises(ScopeMissingError):
            read()


@pytest.mark.parametrize("model", SCOPED, ids=lambda m: m._meta.label)
def test_no_table_offers_a_way_back_through_a_relation(model):
    assert [r.get_accessor_name() for r in model._meta.related_objects if not r.hidden] == []


def readers():
    """Functions of the rooms' ``queries*.py`` that need a scope and nothing else."""
    root = Path(arrears.__file__).parent
    for path in sorted(root.glob("*/queries*.py")):
        if f"arrears.{path.parent.name}" not in rooms.installed():
            continue
        module = import_module(f"arrears.{path.parent.name}.{path.stem}")
        for name, function in sorted(vars(module).items()):
            if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != module.__name__:
                continue
            parameters = list(inspect.signature(function).parameters.values())
            needed = [p for p in parameters if p.default is p.empty]
            if parameters and parameters[0].name == "scope" and len(needed) == 1:
                yield pytest.param(function, id=f"{path.parent.name}.{name}")


def owners_in(value, depth=0):
    """Creditors of all rows inside an answer, whatever its shape."""
    if isinstance(value, Creditor):
        return {value.id}
    if isinstance(value, models.Model):
        return {value.creditor_id} if hasattr(value, "creditor_id") else set()
    if depth > 6 or value is None or isinstance(value, str | bytes | int | float):
        return set()
    if dataclasses.is_dataclass(value):
        own = {value.creditor_id} if isinstance(getattr(value, "creditor_id", None), int) else set()
        return own.union(*(owners_in(getattr(value, f.name), depth + 1) for f in dataclasses.fields(value)))
    if isinstance(value, dict):
        value = value.values()
    return set().union(*(owners_in(one, depth + 1) for one in value)) if isinstance(value, Iterable) else set()


@pytest.mark.parametrize("function", list(readers()))
def test_reading_functions_keep_the_wall(world, function):
    creditors, _ = world
    for some in ([creditors[0]], creditors[1:], []):
        ids = {c.id for c in some}
        assert owners_in(function(Scope(frozenset(ids)))) <= ids
