"""Pages of the contact room."""

from __future__ import annotations

from django.urls import path

from arrears.contact import pages

app_name = "contact"
urlpatterns = [
    path("customers/<str:public_id>/letter", pages.letter, name="letter"),
    path("letters/<str:public_id>.pdf", pages.again, name="reprint"),
]
