"""Addresses of the api room."""

from __future__ import annotations

from django.urls import path

from arrears.api import health, pages, site

app_name = "api"
urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("version", health.version, name="version"),
    path("metrics", health.metrics, name="metrics"),
    path("docs/errors", pages.errors, name="errors"),
    path("docs/api", pages.reference, name="reference"),
    path("api/v1/", site.api().urls),
    path("api/<path:rest>", site.unknown),
]
