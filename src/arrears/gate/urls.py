"""Pages of the gate room."""

from __future__ import annotations

from django.urls import path

from arrears.gate import pages

app_name = "gate"
urlpatterns = [
    path("gate", pages.explorer, name="explorer"),
    path("gate/rules", pages.library, name="library"),
]
