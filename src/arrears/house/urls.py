"""All URLs: every room that has a ``urls`` module brings its own (``urlpatterns`` and ``app_name``)."""

from __future__ import annotations

from django.urls import include, path

from arrears.house import rooms

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    *(path("", include(module)) for module in rooms.declared("urls")),
]

handler400 = "arrears.web.pages.bad_request"
handler403 = "arrears.web.pages.forbidden"
handler404 = "arrears.web.pages.not_found"
handler500 = "arrears.web.pages.failed"
