from __future__ import annotations

from django.urls import path

from arrears.access import pages, pages_account, pages_people

app_name = "access"
urlpatterns = [
    path("sign-in", pages.sign_in, name="sign_in"),
    path("sign-in/second-factor", pages.second_factor_step, name="second_factor"),
    path("sign-out", pages.sign_out, name="sign_out"),
    path("locked", pages.locked, name="locked"),
    path("session/lock", pages.lock, name="lock"),
    path("session/unlock", pages.unlock, name="unlock"),
    path("account", pages_account.account, name="account"),
    path("account/preferences", pages_account.preferences, name="preferences"),
    path("account/password", pages_account.password, name="password"),
    path("account/second-factor", pages_account.totp, name="totp"),
    path("account/sessions/<str:public_id>/end", pages_account.end_session, name="end_session"),
    path("account/keys", pages_account.keys, name="keys"),
    path("account/keys/<str:prefix>/revoke", pages_account.revoke_key, name="revoke_key"),
    path("account/hat", pages_account.hat, name="hat"),
    path("approvals", pages_people.approvals, name="approvals"),
    path("approvals/<str:public_id>", pages_people.decide, name="decide"),
    path("compliance/access-log", pages_people.access_log, name="access_log"),
    path("people", pages_people.people, name="people"),
]
