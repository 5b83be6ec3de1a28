"""Pages of the shared look: home, overview, customers, agreements."""

from __future__ import annotations

from django.urls import path

from arrears.web import pages, pages_customer, pages_overview

app_name = "web"
urlpatterns = [
    path("", pages.home, name="home"),
    path("overview", pages_overview.overview, name="overview"),
    path("customers", pages_customer.customers, name="customers"),
    path("customers/reveal", pages_customer.reveal, name="reveal"),
    path("customers/<str:public_id>", pages_customer.customer, name="customer"),
    path("agreements/<str:public_id>", pages_customer.agreement, name="agreement"),
]
