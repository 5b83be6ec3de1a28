from __future__ import annotations

from django.urls import path

from arrears.journal import pages

app_name = "journal"
urlpatterns = [
    path("audit/journal", pages.entries, name="entries"),
    path("audit/journal/<int:entry_id>/proof", pages.proof, name="proof"),
]
