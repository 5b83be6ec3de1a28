"""Pages of the day's list."""

from __future__ import annotations

from django.urls import path

from arrears.worklist import pages

app_name = "worklist"
urlpatterns = [
    path("worklist", pages.worklist, name="list"),
    path("worklist/mine", pages.mine, name="mine"),
]
