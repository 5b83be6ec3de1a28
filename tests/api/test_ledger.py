"""The ledger over the API: a loan from its opening to why exactly this amount, two dates, refusals, approvals, batches."""

from __future__ import annotations

import json

import pytest

from arrears.kernel.scope import Role
from arrears.ledger.models import Event

PERSON = {
    "creditor": "bank", "reference": "C-1", "name": "王小明", "id_kind": "cn_resident_id", "id_number": "11010519491231002X",
}  # fmt: skip
ROWS = [{"n": n, "due_on": f"2026-0{n + 1}-10", "principal": "1000.00", "interest": "10.00"} for n in (1, 2, 3)]


def cny(text):
    return {"amount": text, "currency": "CNY"}


def done(answer, status=201):
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.fixture
def loan(operator):
    """Path of a loan of 3,000 disbursed on 2026-01-10 in three instalments of 1,010."""
    party = done(operator.post("parties", PERSON))["id"]
    opening = {
        "reference": "L-1", "debtor_id": party, "portfolio": "retail", "product": "consumer_loan", "currency": "CNY",
        "opened_on": "2026-01-10",
    }  # fmt: skip
    answer = operator.post("agreements", opening)
    made = done(answer)
    assert answer["Location"] == f"/api/v1/agreements/{made['id']}"
    path = f"agreements/{made['id']}"
    done(operator.post(f"{path}/disbursements", {"amount": cny("3000.00"), "on": "2026-01-10"}))
    done(operator.post(f"{path}/schedule", {"on": "2026-01-10", "rows": ROWS}))
    return path


def test_an_agreement_is_listed_and_read(operator, loan):
    made = operator.get(loan).json()
    assert (made["reference"], made["portfolio"], made["creditor"]) == ("L-1", "retail", "bank")
    assert operator.get("agreements?reference=L-1").json()["data"] == [made]
    assert operator.get("agreements/L-1").json() == made
    assert operator.get(f"customers/{made['customer_id']}/agreements").json()["data"] == [made]
    assert operator.get("customers/none/agreements").status_code == 404
    roles = operator.get(f"{loan}/roles").json()
    assert [(r["role"], r["name_masked"] != PERSON["name"]) for r in roles] == [("debtor", True)]


def test_position_and_statement_say_the_same_to_the_cent(operator, loan):
    done(operator.post(f"{loan}/payments", {"amount": cny("510.00"), "on": "2026-03-01", "key": "T1"}))
    at = operator.get(f"{loan}/position?as_of=2026-03-20").json()
    why = operator.get(f"{loan}/statement?as_of=2026-03-20").json()
    assert at["overdue"] == cny("1510.00") == why["total"] == why["lines"][-1]["running"]
    assert (at["status"], at["past_due_days"], at["oldest_due_on"]) == ("overdue", 38, "2026-02-10")
    assert sum(int(line["amount"]["amount"].replace(".", "")) for line in why["lines"]) == 151000
    total = operator.get(f"{loan}/statement?as_of=2026-03-20&about=total").json()
    assert total["total"] == at["outstanding"]
    held = operator.get(f"{loan}/schedule?as_of=2026-03-20").json()
    assert [i["outstanding"]["amount"] for i in held["instalments"]][:2] == ["500.00", "1010.00"]
    assert held["payments"][0]["amount"] == cny("510.00")


def test_as_of_and_known_at_are_two_questions(operator, loan):
    before = operator.get(f"{loan}/position?as_of=2026-02-20").json()
    event = done(operator.post(f"{loan}/payments", {"amount": cny("1010.00"), "on": "2026-02-10"}))
    known = Event.objects.unscoped("test").get(public_id=event["id"]).recorded_at
    after = operator.get(f"{loan}/position?as_of=2026-02-20").json()
    assert (before["overdue"], after["overdue"]) == (cny("1010.00"), cny("0.00"))
    earlier = known.isoformat().replace("+", "%2B")
    assert operator.get(f"{loan}/position?as_of=2026-02-20&known_at={earlier}").json()["overdue"] == cny("0.00")
    first = Event.objects.unscoped("test").order_by("-id")[1].recorded_at.isoformat().replace("+", "%2B")
    then = operator.get(f"{loan}/position?as_of=2026-02-20&known_at={first}").json()
    assert then["overdue"] == cny("1010.00")
    assert operator.get(f"{loan}/position?as_of=2026-02-09").json()["overdue"] == cny("0.00")
    assert operator.get(f"{loan}/position?known_at=2026-02-20T10:00:00").status_code == 422


def test_a_position_has_a_tag_until_something_happens(operator, loan):
    path = f"{loan}/position?as_of=2026-03-20"
    tag = operator.get(path)["ETag"]
    assert operator.get(path, **{"If-None-Match": tag}).status_code == 304
    done(operator.post(f"{loan}/payments", {"amount": cny("1.00"), "on": "2026-03-01"}))
    assert operator.get(path, **{"If-None-Match": tag}).status_code == 200


def test_reversal_and_chargeback_of_a_payment(operator, loan):
    paid = done(operator.post(f"{loan}/payments", {"amount": cny("1010.00"), "on": "2026-02-10"}))["id"]
    back = {"amount": cny("10.00"), "on": "2026-02-12", "reason": "insufficient funds"}
    returned = done(operator.post(f"{loan}/events/{paid}/charge-back", back))
    assert returned["target_id"] == paid
    refused = operator.post(f"{loan}/events/{paid}/reverse", {"reason": "wrong loan"}).json()
    assert refused["code"] == "ledger.not_reversible"
    done(operator.post(f"{loan}/events/{returned['id']}/reverse", {"reason": "it did not"}))
    done(operator.post(f"{loan}/events/{paid}/reverse", {"reason": "wrong loan"}))
    assert operator.get(f"{loan}/position?as_of=2026-02-20").json()["overdue"] == cny("1010.00")
    kinds = [e["kind"] for e in operator.get(f"{loan}/events").json()["data"]]
    assert kinds == ["opened", "disbursed", "schedule_set", "paid", "charged_back", "reversed", "reversed"]
    customer = operator.get(loan).json()["customer_id"]
    told = operator.get(f"customers/{customer}/timeline").json()["data"]
    assert [e["kind"] for e in told] == kinds[::-1]


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("charges", {"amount": cny("20.00"), "on": "2026-02-15", "component": "fee", "clause": "5.2"}, "charged"),
        ("pauses", {"start": "2026-02-15", "until": "2026-03-15", "reason": "complaint"}, "paused"),
        ("rate-changes", {"on": "2026-02-15", "annual_percent": "12.5"}, "rate_changed"),
        ("accelerations", {"on": "2026-03-15", "reason": "clause 9"}, "accelerated"),
        ("closings", {"on": "2026-03-15", "reason": "settled elsewhere"}, "closed"),
    ],
)
def test_every_plain_act_is_one_event(operator, loan, path, body, kind):
    event = done(operator.post(f"{loan}/{path}", body))
    assert event["kind"] == kind
    assert operator.get(f"{loan}/events?kind={kind}").json()["data"] == [event]


def test_a_pause_ends_by_a_resume(operator, loan):
    done(operator.post(f"{loan}/pauses", {"start": "2026-02-15", "until": "2026-03-15", "reason": "complaint"}))
    assert done(operator.post(f"{loan}/resumes", {"on": "2026-02-20"}))["kind"] == "resumed"
    assert operator.post(f"{loan}/resumes", {"on": "2026-02-25"}).json()["code"] == "ledger.no_active_pause"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("payments", {"amount": cny("1.00"), "on": "2026-01-01"}, 422, "ledger.before_disbursement"),
        ("payments", {"amount": cny("0.00"), "on": "2026-02-01"}, 422, "ledger.amount_not_positive"),
        ("payments", {"amount": cny("1.001"), "on": "2026-02-01"}, 422, "request.invalid"),
        ("payments", {"amount": {"amount": "1.00", "currency": "USD"}, "on": "2026-02-01"}, 422, "ledger.currency_mismatch"),
        ("payments", {"amount": cny("9.00"), "on": "2026-02-01", "split": {"fee": "8.00"}}, 422, "ledger.split_differs"),
        ("payments", {"amount": cny("9.00"), "on": "2026-02-01", "split": {"fee": "8.001"}}, 422, "ledger.split_unreadable"),
        ("payments", {"amount": cny("1.00"), "on": "2199-02-01"}, 422, "ledger.in_future"),
        ("refunds", {"amount": cny("1.00"), "on": "2026-02-01"}, 422, "ledger.more_than_credit"),
        ("resumes", {"on": "2026-02-01"}, 409, "ledger.no_active_pause"),
        ("events/none/reverse", {"reason": "x"}, 404, "ledger.event_unknown"),
        ("schedule", {"on": "2026-01-10", "rows": ROWS[:2]}, 422, "ledger.principal_differs"),
        ("schedule", {"on": "2026-01-10", "rows": []}, 422, "ledger.schedule_empty"),
        ("host-positions", {"as_of": "2026-02-01", "balance": cny("1.00")}, 422, "ledger.not_host_kept"),
    ],
)
def test_refusals_change_nothing(operator, loan, path, body, status, code):
    before = Event.objects.unscoped("test").count()
    answer = operator.post(f"{loan}/{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert Event.objects.unscoped("test").count() == before


def test_the_same_key_is_the_same_fact(operator, loan):
    body = {"amount": cny("10.00"), "on": "2026-02-01", "key": "T1"}
    first = done(operator.post(f"{loan}/payments", body))
    assert done(operator.post(f"{loan}/payments", body)) == first
    other = operator.post(f"{loan}/payments", body | {"amount": cny("11.00")})
    assert (other.status_code, other.json()["code"]) == (409, "ledger.key_reused")


def test_a_waiver_beyond_authority_waits_for_a_second_person(house, operator, loan):
    collector = house.key(Role.COLLECTOR)
    body = {"amount": cny("1000.00"), "on": "2026-02-20", "component": "principal", "reason": "hardship"}
    answer = collector.post(f"{loan}/waivers", body)
    asked = done(answer, 202)
    assert (asked["act"], asked["state"]) == ("ledger.waive", "open")
    assert answer["Location"] == f"/api/v1/approvals/{asked['id']}"
    assert operator.get(f"{loan}/position?as_of=2026-02-20").json()["overdue"] == cny("1010.00")
    assert done(operator.post(f"{loan}/waivers", body | {"amount": cny("5.00")}))["kind"] == "waived"


def test_a_transfer_waits_for_a_second_person(operator, loan):
    body = {"on": "2026-03-15", "to": "资产管理", "notice": "letter 17", "reason": "sale"}
    assert done(operator.post(f"{loan}/transfers", body), 202)["act"] == "ledger.transfer"


def test_restructuring_is_asked_for(house, loan):
    body = {"on": "2026-02-20", "reason": "agreed", "rows": [{"n": 1, "due_on": "2026-09-10", "principal": "3000.00"}]}
    asked = done(house.key(Role.LEAD).post(f"{loan}/restructurings", body), 202)
    assert asked["amount"] == 300000


def test_another_creditor_sees_nothing(house, loan):
    stranger = house.key(Role.OPERATOR, creditor=house.other)
    for path in ("", "/position", "/statement", "/schedule", "/events", "/roles"):
        answer = stranger.get(f"{loan}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "ledger.agreement_unknown")
    assert stranger.get("agreements").json()["data"] == []
    paying = stranger.post(f"{loan}/payments", {"amount": cny("1.00"), "on": "2026-02-01"})
    assert paying.status_code == 404


def batch(caller, lines, query=""):
    body = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines).encode()
    answer = caller("POST", f"payments/batch{query}", body, content_type="application/x-ndjson")
    assert answer.status_code == 200, answer.content
    return [json.loads(line) for line in answer.content.splitlines()]


def test_a_batch_answers_line_by_line(operator, loan):
    good = {"agreement_id": "L-1", "amount": cny("10.00"), "on": "2026-02-01", "key": "B1"}
    lines = [
        good,
        good | {"agreement_id": "L-9", "key": "B2"},
        "{",
        good | {"amount": cny("x"), "key": "B3"},
        good | {"key": "B4"},
    ]
    answers = batch(operator, lines)
    assert [a["status"] for a in answers] == [201, 404, 400, 422, 201]
    codes = [a["problem"]["code"] for a in answers if "problem" in a]
    assert codes == ["ledger.agreement_unknown", "ledger.line_unreadable", "ledger.line_wrong"]
    assert Event.objects.unscoped("test").filter(kind="paid").count() == 2
    assert [a["status"] for a in batch(operator, lines)] == [201, 404, 400, 422, 201]
    assert Event.objects.unscoped("test").filter(kind="paid").count() == 2


def test_an_atomic_batch_is_all_or_nothing(operator, loan):
    good = {"agreement_id": "L-1", "amount": cny("10.00"), "on": "2026-02-01", "key": "B1"}
    answers = batch(operator, [good, good | {"agreement_id": "L-9", "key": "B2"}], "?atomic=true")
    assert [a["status"] for a in answers] == [424, 404]
    assert Event.objects.unscoped("test").filter(kind="paid").count() == 0


def test_the_host_s_word_stands_beside_ours(operator, loan):
    party = operator.get(f"{loan}/roles").json()[0]["party_id"]
    opening = {
        "reference": "H-1", "debtor_id": party, "portfolio": "retail", "product": "credit_card", "currency": "CNY",
        "opened_on": "2026-01-10", "keeping": "host",
    }  # fmt: skip
    path = f"agreements/{done(operator.post('agreements', opening))['id']}"
    figures = {"as_of": "2026-02-20", "balance": cny("800.00"), "overdue": cny("80.00"), "past_due_days": 12}
    done(operator.post(f"{path}/host-positions", figures))
    host = operator.get(f"{path}/position?as_of=2026-02-21").json()["host"]
    assert (host["overdue"], host["past_due_days"]) == (cny("80.00"), 12)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"reference": "L-1"}, 409, "ledger.agreement_exists"),
        ({"debtor_id": "none"}, 404, "ledger.party_unknown"),
        ({"portfolio": "none"}, 404, "ledger.portfolio_unknown"),
        ({"schedule": {"method": "magic"}}, 422, "terms.unknown_word"),
        ({"servicing": {"waterfall": "magic"}}, 422, "ledger.terms_wrong"),
        ({"currency": "yuan"}, 422, "request.invalid"),
    ],
)
def test_openings_that_are_refused(operator, loan, change, status, code):
    party = operator.get(f"{loan}/roles").json()[0]["party_id"]
    opening = {
        "reference": "L-2", "debtor_id": party, "portfolio": "retail", "product": "consumer_loan", "currency": "CNY",
        "opened_on": "2026-01-10",
    }  # fmt: skip
    answer = operator.post("agreements", opening | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
