"""Pages of the shared look."""

from __future__ import annotations

from django.urls import path

from arrears.web import pages

app_name = "web"
urlpatterns = [
    path("", pages.home, name="home"),
]
