"""All URLs: every room that has a ``urls`` module brings its own (``urlpatterns`` and ``app_name``)."""

from __future__ import annotations

from django.urls import include, path

from arrears.house import rooms

urlpatterns = [path("", include(module)) for module in rooms.declared("urls")]
