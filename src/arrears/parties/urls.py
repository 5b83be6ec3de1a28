from __future__ import annotations

from django.urls import path

from arrears.parties import pages

app_name = "parties"
urlpatterns = [
    path("customers/matches", pages.matches, name="matches"),
    path("customers/matches/<str:public_id>", pages.decide, name="decide_match"),
    path("customers/merges/<str:public_id>/separate", pages.separate, name="separate"),
]
