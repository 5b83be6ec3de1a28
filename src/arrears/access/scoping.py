"""The one mechanism that applies a caller's scope to every query on customer data.

A ``ScopedModel``'s default manager answers nothing until told for whom: ``Model.objects.visible_to(scope)``. The only
other door is ``Model.objects.unscoped(reason)``; ``tools/house_checks.py`` lists the files that may use it. A related manager
would go round the mechanism, so foreign keys between scoped models use ``related_name="+"``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from arrears.kernel.scope import Scope


class ScopeMissingError(RuntimeError):
    """A query on customer data was written without the caller's scope. A programming error, never a user's."""


class ScopedManager(models.Manager[Any]):
    """Manager that refuses to build a query set without a scope."""

    use_in_migrations = False

    def visible_to(self, scope: Scope) -> models.QuerySet[Any]:
        """Rows that ``scope`` may see: of its creditors, and of its portfolios, teams or agencies where narrowed."""
        rows = super().get_queryset()
        if scope.everything:
            return rows
        narrowing = models.Q(**{f"{self.model.scope_creditor}__in": scope.creditor_ids})
        for path, ids in (
            (self.model.scope_portfolio, scope.portfolio_ids),
            (self.model.scope_team, scope.team_ids),
            (self.model.scope_agency, scope.agency_ids),
        ):
            if path and ids:
                narrowing &= models.Q(**{f"{path}__in": ids})
        return rows.filter(narrowing)

    def unscoped(self, reason: str) -> models.QuerySet[Any]:
        """All rows, for the product's own upkeep. ``reason`` is for the reader; the file must be on the check's list."""
        if not reason:
            raise ScopeMissingError("unscoped() needs a reason")
        return super().get_queryset()

    def get_queryset(self) -> models.QuerySet[Any]:
        raise ScopeMissingError(f"{self.model.__name__}: use objects.visible_to(scope)")

    # inserts name their creditor themselves
    def create(self, **values: Any) -> Any:
        return super().get_queryset().create(**values)

    def bulk_create(self, rows: Any, **options: Any) -> Any:
        return super().get_queryset().bulk_create(rows, **options)


class ScopedModel(models.Model):
    """Base of every table that holds customer data. ``scope_*`` name the lookup path of each narrowing, or ``""``."""

    scope_creditor: ClassVar[str] = "creditor_id"
    scope_portfolio: ClassVar[str] = ""
    scope_team: ClassVar[str] = ""
    scope_agency: ClassVar[str] = ""

    objects = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "everything"
        default_manager_name = "objects"

    #: Django's own machinery (refresh, cascades) needs a plain manager; house checks forbid naming it in our code.
    everything = models.Manager()
