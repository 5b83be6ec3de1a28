"""The surroundings of every operation: identity, problems, pages, tags, keys, limits."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from arrears.access.models import AccessLog, ApiKey, Approval, Portfolio
from arrears.api import catalogue, idempotency, limits
from arrears.api.models import IdempotencyKey
from arrears.kernel import clock
from arrears.kernel.refusals import Text
from arrears.kernel.scope import Role


def problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["code"] == code
    assert body["status"] == status
    assert body["trace_id"] == response["X-Request-Id"]
    assert {"type", "title", "detail", "rule", "errors", "instance"} <= set(body)
    return body


# --- identity


def test_no_credentials(house):
    response = Client().get("/api/v1/me")
    problem(response, 401, "request.not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer ark_k0000000.wrong", "Bearer nonsense", "Basic abc", "Bearer ", "ark_x.y"])
def test_a_wrong_key_tells_nothing_more(house, operator, header):
    response = Client().get("/api/v1/me", headers={"Authorization": header})
    problem(response, 401, "api_key.invalid")


@pytest.mark.parametrize("change", [{"revoked_at": clock.now()}, {"expires_at": clock.now()}])
def test_a_key_that_ended(house, operator, change):
    ApiKey.objects.update(**change)
    problem(operator.get("me"), 401, "api_key.invalid")


def test_a_key_knows_who_it_is(house):
    body = house.key(Role.AUDITOR, acts=()).get("me").json()
    assert body["kind"] == "api_key"
    assert body["roles"] == ["auditor"]
    assert body["creditors"] == ["bank"]


def test_a_session_reads_without_and_writes_with_a_csrf_token(house):
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.user("lead", Role.LEAD))
    assert client.get("/api/v1/me").json()["kind"] == "person"
    path, body = "/api/v1/approvals/apv_none/withdraw", {"note": ""}
    problem(client.post(path, body, content_type="application/json"), 403, "request.csrf")
    token = "a" * 32
    client.cookies["csrftoken"] = token
    answer = client.post(path, body, content_type="application/json", headers={"X-CSRFToken": token})
    problem(answer, 404, "access.not_found")


def test_a_key_without_the_act_is_refused(house):
    caller = house.key(Role.LEAD, acts=("ledger.*",))
    problem(caller.post("approvals/apv_x/withdraw"), 403, "access.key_not_scoped")


def test_lists_that_are_not_for_everyone(house):
    collector = house.key(Role.COLLECTOR)
    for path in ("users", "access-log"):
        problem(collector.get(path), 403, "access.not_allowed")


def test_creditors_never_see_each_other(house, operator):
    assert [c["code"] for c in operator.get("creditors").json()["data"]] == ["bank"]
    problem(operator.get("creditors/other"), 404, "access.creditor_not_visible")
    assert house.key(Role.OPERATOR, creditor=house.other).get("portfolios").json()["data"] == []


# --- problems


def test_unknown_addresses_and_methods(house, operator):
    problem(operator.get("no-such-thing"), 404, "request.no_such_path")
    problem(Client().get("/api/v2/me"), 404, "request.no_such_path")
    response = operator("DELETE", "me")
    problem(response, 405, "request.method")
    assert response["Allow"] == "GET"


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (b"{", 400, "request.not_json", None),
        (b"\xff\xfe", 400, "request.not_json", None),
        (b"[]", 422, "request.invalid", None),
        (b"{}", 422, "request.invalid", "/approve"),
        (b'{"approve": "perhaps"}', 422, "request.invalid", "/approve"),
        (b'{"approve": true, "note": 7}', 422, "request.invalid", "/note"),
    ],
)
def test_bad_bodies(house, operator, body, status, code, pointer):
    found = problem(operator.post("approvals/apv_x/decide", body), status, code)
    if pointer is not None:
        assert found["errors"][0]["pointer"] == pointer
        assert found["pointer"] == pointer


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_no_database_takes(house, operator, text):
    problem(operator.post("approvals/apv_x/withdraw", {"note": text}), 400, "request.not_json")
    problem(operator.post("customers/search", {"text": text}), 400, "request.not_json")


def test_addresses_that_no_database_takes(house, operator):
    for path in ("/api/v1/approvals/a%00b", "/api/v1/approvals?state=%00", "/api/v1/customers?reference=%ff%00"):
        problem(operator.get(path), 400, "request.bad")


def test_a_body_that_is_too_large(house, operator, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    problem(operator.post("approvals/apv_x/decide", b" " * 101), 413, "request.too_large")


def test_what_was_sent_is_not_repeated(house, operator):
    answer = operator.post("approvals/apv_x/decide", {"approve": "11010119900307765X"})
    assert b"11010119900307765X" not in answer.content


@pytest.mark.parametrize(
    ("language", "title"), [("zh", "找不到该债权人。"), ("en", "No such creditor."), ("zh-CN,en;q=0.5", "找不到该债权人。")]
)
def test_problems_speak_the_language_asked_for(house, operator, language, title):
    body = operator.get("creditors/nope", **{"Accept-Language": language}).json()
    assert body["title"] == title


def test_a_failure_of_ours_is_a_problem_too_and_changes_nothing(house, operator, monkeypatch):
    from arrears.access import queries

    def fail(scope):
        Portfolio.objects.create(creditor=house.bank, code="half-done", name="x")
        raise ZeroDivisionError("secret data 11010119900307765X")

    monkeypatch.setattr(queries, "creditors", fail)
    with transaction.atomic():
        answer = operator.get("me")
        transaction.set_rollback(False)
    body = problem(answer, 500, "server.error")
    assert "11010119900307765X" not in json.dumps(body)


# one row per refusal: the shape holds for every declared code, in both languages
@pytest.mark.parametrize("code", sorted(catalogue.codes()))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_refusal_has_the_problem_shape(code, language):
    import string

    kind = catalogue.codes()[code]
    names = {
        name.split(".")[0].split("[")[0]
        for text in (kind.zh, kind.en, kind.fix_zh, kind.fix_en)
        for _, name, _, _ in string.Formatter().parse(text)
        if name
    }
    body = kind.at("/place", **dict.fromkeys(names, 7)).as_problem(language)
    assert body["code"] == code
    assert body["type"] == f"/docs/errors#{code}"
    assert 400 <= body["status"] < 600
    assert body["title"] == Text(kind.zh, kind.en).format(**dict.fromkeys(names, 7)).in_language(language)
    assert body["title"]
    assert body["detail"]
    assert body["pointer"] == "/place"
    chinese = any("\u4e00" <= c <= "\u9fff" for c in body["title"] + body["detail"])
    assert chinese == (language == "zh-hans")


# --- pages


@pytest.fixture
def looks(house):
    at = clock.now()
    rows = [
        AccessLog(creditor=c, at=at, viewer_id="usr", via="web", subject_kind="party", subject_id=f"p{i}", fields=["name"])
        for i in range(12)
        for c in (house.bank, house.other)
    ]
    AccessLog.objects.bulk_create(rows)


def walk(caller, path, limit):
    seen, url = [], f"/api/v1/{path}?limit={limit}"
    while url:
        answer = caller.get(url)
        body = answer.json()
        seen += body["data"]
        url = answer["Link"].split(";")[0].strip("<>") if "Link" in answer else None
        assert (url is not None) == body["has_more"] == (body["next_cursor"] is not None)
        assert len(body["data"]) <= limit
    return seen


@pytest.mark.parametrize("limit", [1, 5, 6, 12, 500])
def test_pages_show_every_row_once_in_order(house, operator, looks, limit):
    assert [r["subject_id"] for r in walk(operator, "access-log", limit)] == [f"p{i}" for i in reversed(range(12))]


def test_pages_of_equal_first_columns(house, operator):
    asker, at = house.user("asker"), clock.now()
    for i in range(7):
        Approval.objects.create(
            creditor=house.bank, act="x", subject_kind="k", subject_id=str(i), requested_by=asker,
            requested_at=at + timedelta(seconds=i // 3),
        )  # fmt: skip
    assert [r["subject_id"] for r in walk(operator, "approvals", 2)] == [str(i) for i in range(7)]


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "9" * 30, "１", ""])
def test_limits_that_are_none(house, operator, limit):
    body = problem(operator.get(f"/api/v1/access-log?limit={limit}"), 422, "page.limit")
    assert body["pointer"] == "?limit"


def test_cursors_are_sealed_and_bound_to_their_list(house, operator, looks):
    cursor = operator.get("/api/v1/access-log?limit=2").json()["next_cursor"]
    for path in (
        "/api/v1/access-log?limit=2&cursor=zzz",
        f"/api/v1/access-log?limit=2&cursor={cursor[:-1]}",
        f"/api/v1/users?cursor={cursor}",
        f"/api/v1/access-log?subject_id=p1&cursor={cursor}",
        "/api/v1/access-log?cursor=%ff",
    ):
        problem(operator.get(path), 400, "cursor.invalid")


# --- entity tags


def test_a_read_that_did_not_change_is_not_sent_again(house, operator):
    first = operator.get("creditors/bank")
    tag = first["ETag"]
    again = operator.get("creditors/bank", **{"If-None-Match": f'"other", {tag}'})
    assert again.status_code == 304
    assert again.content == b""
    house.bank.name = "改名"
    house.bank.save()
    assert operator.get("creditors/bank", **{"If-None-Match": tag}).status_code == 200


# --- idempotency keys


def ask(house, caller_name="asker"):
    return Approval.objects.create(
        creditor=house.bank, act="x.y", subject_kind="k", subject_id="1", requested_at=clock.now(),
        requested_by=house.user(caller_name, Role.LEAD),
    )  # fmt: skip


@pytest.fixture
def withdrawal(house):
    """A key whose owner has one open request."""
    caller = house.key(Role.LEAD, name="owner")
    row = Approval.objects.create(
        creditor=house.bank, act="x.y", subject_kind="k", subject_id="1", requested_at=clock.now(),
        requested_by=ApiKey.objects.get().user,
    )  # fmt: skip
    return caller, f"approvals/{row.public_id}/withdraw", row


def test_the_same_key_does_the_act_once(withdrawal):
    caller, path, _ = withdrawal
    first = caller.post(path, {"note": "n"}, **{"Idempotency-Key": "k1"})
    assert first.status_code == 200, first.content
    again = caller.post(path, {"note": "n"}, **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotency-Replayed"] == "true"
    problem(caller.post(path, {"note": "n"}, **{"Idempotency-Key": "k2"}), 409, "approval.not_open")
    problem(caller.post(path, {"note": "n"}), 409, "approval.not_open")


def test_the_same_key_for_another_request_is_refused(withdrawal):
    caller, path, _ = withdrawal
    caller.post(path, {"note": "n"}, **{"Idempotency-Key": "k1"})
    problem(caller.post(path, {"note": "other"}, **{"Idempotency-Key": "k1"}), 422, "idempotency.other_request")
    problem(caller.post(path + "?x=1", {"note": "n"}, **{"Idempotency-Key": "k1"}), 422, "idempotency.other_request")


def test_keys_of_two_callers_are_apart(house, withdrawal):
    caller, path, _ = withdrawal
    caller.post(path, {"note": "n"}, **{"Idempotency-Key": "k1"})
    problem(house.key(Role.LEAD).post(path, {"note": "n"}, **{"Idempotency-Key": "k1"}), 409, "approval.not_open")


def test_a_refusal_is_kept_and_repeated(withdrawal):
    caller, _, _ = withdrawal
    first = caller.post("approvals/none/withdraw", **{"Idempotency-Key": "k"})
    again = caller.post("approvals/none/withdraw", **{"Idempotency-Key": "k"})
    assert again.json()["trace_id"] == first.json()["trace_id"]


def test_answers_are_sealed_at_rest(withdrawal):
    caller, path, row = withdrawal
    caller.post(path, **{"Idempotency-Key": "k1"})
    kept = IdempotencyKey.objects.get()
    assert row.public_id.encode() not in bytes(kept.answer_sealed)


def test_keys_end_after_two_days(withdrawal):
    caller, path, _ = withdrawal
    caller.post(path, **{"Idempotency-Key": "k1"})
    IdempotencyKey.objects.update(created_at=clock.now() - timedelta(hours=idempotency.KEPT_HOURS, seconds=1))
    problem(caller.post(path, **{"Idempotency-Key": "k1"}), 409, "approval.not_open")
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "键"])
def test_keys_that_are_none(withdrawal, key):
    caller, path, _ = withdrawal
    header = key.encode().decode("latin-1")
    problem(caller.post(path, **{"Idempotency-Key": header}), 400, "idempotency.key")


def test_a_failure_of_ours_is_not_kept(withdrawal, monkeypatch):
    from arrears.access import actions

    caller, path, _ = withdrawal
    kept = actions.withdraw
    monkeypatch.setattr(actions, "withdraw", lambda *a: 1 / 0)
    problem(caller.post(path, **{"Idempotency-Key": "k1"}), 500, "server.error")
    monkeypatch.setattr(actions, "withdraw", kept)
    transaction.set_rollback(False)
    assert caller.post(path, **{"Idempotency-Key": "k1"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_running_key_is_told_so(house):
    """Another connection holds the key's lock, as a request under way does."""
    caller = house.key(Role.LEAD)
    owner = f"api_key:{ApiKey.objects.get().prefix}"
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            assert idempotency._try_lock(owner, "k1")
            held.set()
            done.wait(20)
        connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(20)
    try:
        problem(caller.post("approvals/none/withdraw", **{"Idempotency-Key": "k1"}), 409, "idempotency.running")
    finally:
        done.set()
        other.join()
    problem(caller.post("approvals/none/withdraw", **{"Idempotency-Key": "k1"}), 404, "access.not_found")
    connection.close()


# --- rate limits


def test_too_many_requests_are_told_when_to_come_back(house, operator, monkeypatch):
    monkeypatch.setenv("ARREARS_API_RATE", "3")
    answers = [operator.get("me") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    problem(answers[-1], 429, "request.rate")
    assert 1 <= int(answers[-1]["Retry-After"]) <= 20
    assert answers[0]["RateLimit-Remaining"] == "2"


@given(st.lists(st.floats(min_value=0, max_value=30, allow_nan=False), min_size=1, max_size=60), st.integers(1, 30))
def test_no_window_of_a_minute_passes_twice_the_rate(gaps, rate):
    """A bucket lets through at most its size and what flowed in meanwhile."""
    bucket, at, taken = limits.Limits(rate), 0.0, []
    for gap in gaps:
        at += gap
        wait, left = bucket.take("x", at)
        assert 0 <= left <= rate
        if not wait:
            taken.append(at)
    for i, start in enumerate(taken):
        assert sum(1 for t in taken[i:] if t <= start + 60) <= 2 * rate


# --- machines that watch


def test_health(house, operator):
    assert Client().get("/livez").json() == {"status": "ok"}
    assert Client().get("/readyz").json() == {"status": "ok", "checks": {"database": "ok", "schema": "ok"}}
    assert Client().get("/version").json()["api"] == "v1"
    assert Client().get("/metrics").status_code == 401
    assert house.key(Role.COLLECTOR).get("/metrics").status_code == 403
    operator.get("me")
    text = operator.get("/metrics").content.decode()
    assert 'arrears_requests_total{door="api",method="GET",status="200"}' in text
