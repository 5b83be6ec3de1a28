"""Paths of the intake room; those of bank statements stand in ``urls_statements.py``."""

from __future__ import annotations

from django.urls import path

from . import pages, urls_statements

app_name = "intake"
urlpatterns = [
    *urls_statements.PATHS,
    path("imports", pages.imports, name="imports"),
    path("imports/new", pages.new, name="new_import"),
    path("imports/map", pages.map_columns, name="map_import"),
    path("imports/<str:public_id>", pages.batch, name="batch"),
    path("imports/<str:public_id>/progress", pages.progress, name="batch_progress"),
    path("imports/<str:public_id>/commit", pages.commit, name="commit_batch"),
    path("imports/<str:public_id>/undo", pages.undo, name="undo_batch"),
    path("imports/<str:public_id>/recheck", pages.recheck, name="recheck_batch"),
    path("imports/<str:public_id>/discard", pages.discard, name="discard_batch"),
    path("imports/<str:public_id>/errors.<str:form>", pages.errors, name="batch_errors"),
    path("imports/<str:public_id>/rows/<int:row>", pages.held_row, name="held_row"),
    path("imports/<str:public_id>/rows/<int:row>/drop", pages.drop_row, name="drop_row"),
]
