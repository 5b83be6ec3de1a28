"""Authority limits and approvals: what may be done alone, who decides, and that it happens once."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from arrears.access import actions, approvals, queries, rights
from arrears.access.actions import Granted, require_authority
from arrears.access.actions_account import create_key
from arrears.access.loading import import_actions
from arrears.access.models import Approval, AuthorityUse, Creditor
from arrears.journal.actions import VERBS, action, record
from arrears.journal.models import Entry
from arrears.kernel.refusals import Refusal, RefusalCode
from arrears.kernel.scope import SYSTEM_SCOPE, Actor, Role

pytestmark = pytest.mark.django_db

SUBJECT = ("agreement", "agr_1")
carried_out: list[int] = []
REFUSED = RefusalCode("test.executor", "执行时拒绝", "refused when carried out", "-", "-")


@action("ledger.waive")
def waive(actor, creditor_id, amount, subject_id="agr_1", reason=""):
    subject = ("agreement", subject_id)
    payload = {"creditor_id": creditor_id, "amount": amount, "subject_id": subject_id}
    granted = require_authority(actor, "ledger.waive", amount, "CNY", creditor_id, subject, payload, reason)
    if not isinstance(granted, Granted):
        return granted
    carried_out.append(amount)
    record(actor, "ledger.waived", subject, creditor_id=creditor_id, payload={"amount": amount})
    return granted


@pytest.fixture(autouse=True)
def waiving(executors):
    carried_out.clear()
    approvals.register("ledger.waive", lambda actor, approval: waive(actor, **approval.payload))


@pytest.mark.parametrize(
    ("role", "amount", "alone"),
    [
        (Role.COLLECTOR, 0, True), (Role.COLLECTOR, 20_000, True), (Role.COLLECTOR, 20_001, False),
        (Role.LEAD, 200_000, True), (Role.LEAD, 200_001, False), (Role.OPERATOR, 1, False),
    ],
)  # fmt: skip
def test_limits_by_role(actor, creditor, role, amount, alone):
    result = waive(actor("u", role), creditor.id, amount)
    assert isinstance(result, Granted if alone else Approval)
    assert carried_out == ([amount] if alone else [])


def test_roles_without_the_act_are_refused(actor, creditor):
    for role in (Role.ANALYST, Role.AUDITOR, Role.FIELD):
        assert waive(actor(role, role), creditor.id, 1).code == "access.not_allowed"
    assert carried_out == []


def test_splitting_does_not_pass_a_limit(actor, creditor):
    collector = actor("u", Role.COLLECTOR)
    assert isinstance(waive(collector, creditor.id, 15_000), Granted)
    asked = waive(collector, creditor.id, 5_001)
    assert isinstance(asked, Approval)
    assert (asked.amount, asked.total) == (5_001, 20_001)
    assert isinstance(waive(actor("v", Role.COLLECTOR), creditor.id, 5_001), Approval)
    assert isinstance(waive(collector, creditor.id, 15_000, "agr_2"), Granted)
    assert carried_out == [15_000, 15_000]


def test_old_uses_leave_the_window(actor, creditor, monkeypatch):
    collector = actor("u", Role.COLLECTOR)
    waive(collector, creditor.id, 20_000)
    monkeypatch.setattr(queries, "AUTHORITY_WINDOW_DAYS", 0)
    assert isinstance(waive(collector, creditor.id, 20_000), Granted)


def test_a_creditors_own_limit_replaces_the_house_default(actor, creditor):
    compliance, collector = actor("c", Role.COMPLIANCE), actor("u", Role.COLLECTOR)
    actions.set_limit(compliance, creditor.id, "collector", "ledger.waive", "CNY", 100, 0)
    assert isinstance(waive(collector, creditor.id, 101), Approval)
    assert isinstance(waive(collector, creditor.id, 100), Granted)
    assert isinstance(waive(actor("l", Role.LEAD), creditor.id, 1, "agr_3"), Approval)
    for values, code in (
        ((0, "collector", "x", "CNY", 1, 1), "access.creditor_not_visible"),
        ((creditor.id, "boss", "x", "CNY", 1, 1), "grant.role_unknown"),
        ((creditor.id, "lead", "x", "CNY", -1, 1), "authority.amount"),
    ):
        assert actions.set_limit(compliance, *values).code == code


def test_a_second_person_decides_and_it_happens_once(actor, creditor):
    asked = waive(actor("u", Role.COLLECTOR), creditor.id, 50_000, reason="hardship")
    lead = actor("l", Role.LEAD)
    done = actions.decide(lead, asked.public_id, True, "agreed")
    assert (done.approval.state, carried_out) == ("executed", [50_000])
    assert isinstance(done.result, Granted)
    assert actions.decide(lead, asked.public_id, True).code == "approval.not_open"
    assert carried_out == [50_000]
    use = AuthorityUse.objects.visible_to(SYSTEM_SCOPE).get()
    assert use.approval_id == asked.id
    assert [e.act for e in Entry.objects.filter(subject_id=asked.public_id)] == ["approval.requested", "approval.executed"]


def test_who_may_not_decide(actor, make_user, creditor, other_creditor):
    lead = actor("l", Role.LEAD)
    asked = waive(lead, creditor.id, 300_000)
    assert actions.decide(lead, asked.public_id, True).code == "approval.own_request"
    assert actions.decide(lead, asked.public_id, False).code == "approval.own_request"
    assert actions.decide(actor("b", Role.LEAD, at=other_creditor), asked.public_id, True).code == "access.not_found"
    assert actions.decide(actor("c", Role.COLLECTOR), asked.public_id, True).code == "access.not_allowed"
    system = Actor(SYSTEM_SCOPE, "system", "job", "job")
    assert actions.decide(system, asked.public_id, True).code == "approval.person_needed"
    assert actions.decide(actor("legal", Role.LEGAL), asked.public_id, True).approval.state == "executed"


def test_an_api_key_of_the_requester_is_no_second_person(actor, make_user, creditor):
    lead = actor("l", Role.LEAD, Role.INTEGRATOR)
    asked = waive(lead, creditor.id, 300_000)
    _, token = create_key(lead, "k", ["approval.decide"], 30)
    key = queries.actor_of_key(f"Bearer {token}")
    assert actions.decide(key, asked.public_id, True).code == "approval.person_needed"
    own = waive(queries.actor_of_key(f"Bearer {create_key(lead, 'w', ['ledger.waive'], 30)[1]}"), creditor.id, 400_000)
    assert own.requested_by.username == "l"
    assert actions.decide(lead, own.public_id, True).code == "approval.own_request"


def test_beyond_the_deciders_authority(actor, creditor):
    asked = waive(actor("u", Role.COLLECTOR), creditor.id, 2_000_001)
    lead = actor("l", Role.LEAD)
    assert actions.decide(lead, asked.public_id, True).code == "approval.beyond_authority"
    assert queries.approval(lead.scope, asked.public_id).state == "open"
    assert actions.decide(actor("c", Role.COMPLIANCE), asked.public_id, True).approval.state == "executed"


def test_refusing_needs_no_limit_and_executes_nothing(actor, creditor):
    asked = waive(actor("u", Role.COLLECTOR), creditor.id, 9_000_000)
    assert actions.decide(actor("l", Role.LEAD), asked.public_id, False, "no").approval.state == "refused"
    assert carried_out == []


def test_same_request_twice_is_one(actor, creditor):
    collector = actor("u", Role.COLLECTOR)
    first, again = waive(collector, creditor.id, 50_000), waive(collector, creditor.id, 50_000)
    assert first.id == again.id
    assert queries.approvals(collector.scope).count() == 1
    assert waive(collector, creditor.id, 50_001).id != first.id
    assert isinstance(first, Approval)
    ask = ("ledger.waive", 70_000, "CNY", creditor.id, SUBJECT)
    keyed = [require_authority(collector, *ask, {"n": n, "key": key}) for n, key in ((1, "a"), (1, "b"), (2, "c"))]
    assert len({k.id for k in keyed}) == 2


def test_withdraw(actor, creditor):
    collector = actor("u", Role.COLLECTOR)
    asked = waive(collector, creditor.id, 50_000)
    assert actions.withdraw(actor("v", Role.COLLECTOR), asked.public_id).code == "access.not_found"
    assert actions.withdraw(collector, asked.public_id, "paid").state == "withdrawn"
    assert actions.decide(actor("l", Role.LEAD), asked.public_id, True).code == "approval.not_open"


def test_a_refusal_when_carried_out_leaves_the_request_open(actor, creditor, executors):
    asked = waive(actor("u", Role.COLLECTOR), creditor.id, 50_000)
    executors["ledger.waive"] = lambda actor, approval: REFUSED.at()
    lead = actor("l", Role.LEAD)
    entries = Entry.objects.count()
    assert actions.decide(lead, asked.public_id, True).code == "test.executor"
    assert queries.approval(lead.scope, asked.public_id).state == "open"
    assert Entry.objects.count() == entries


def test_an_executor_cannot_do_more_than_was_approved(actor, creditor, executors):
    asked = waive(actor("u", Role.COLLECTOR), creditor.id, 50_000)
    lead = actor("l", Role.LEAD)

    def twice(actor, approval):
        first = waive(actor, **approval.payload)
        second = waive(actor, **(approval.payload | {"amount": 49_999}))
        return first, second

    executors["ledger.waive"] = twice
    first, second = actions.decide(lead, asked.public_id, True).result
    assert isinstance(first, Granted)
    assert second.approval is None  # the lead's own authority, not the approval again
    executors["ledger.waive"] = lambda actor, approval: waive(actor, **(approval.payload | {"amount": 5_000_000}))
    more = waive(actor("v", Role.COLLECTOR), creditor.id, 60_000, "agr_9")
    assert actions.decide(lead, more.public_id, True).code == "approval.outgrown"
    assert queries.approval(lead.scope, more.public_id).state == "open"
    executors["ledger.waive"] = lambda actor, approval: waive(actor, creditor.id, 5_000_000, "agr_other")
    assert actions.decide(lead, more.public_id, True).code == "approval.outgrown"
    assert queries.approvals(lead.scope).count() == 1
    assert carried_out == [50_000, 49_999]


def test_requests_that_cannot_be_made(actor, creditor, other_creditor, executors):
    collector = actor("u", Role.COLLECTOR)
    assert require_authority(collector, "ledger.waive", -1, "CNY", creditor.id, SUBJECT).code == "authority.amount"
    beyond = require_authority(collector, "ledger.waive", 1, "CNY", other_creditor.id, SUBJECT)
    assert beyond.code == "access.creditor_not_visible"
    executors.clear()
    assert require_authority(collector, "ledger.waive", 50_000, "CNY", creditor.id, SUBJECT).code == "approval.no_executor"


def test_the_product_itself_needs_nobody(creditor):
    system = Actor(SYSTEM_SCOPE, "system", "job", "job")
    assert isinstance(waive(system, creditor.id, 10**12), Granted)


def test_registering_twice_is_a_mistake(executors):
    with pytest.raises(ValueError, match="twice"):
        approvals.register("ledger.waive", lambda actor, approval: None)
    with pytest.raises(ValueError, match="twice"):
        rights.allow({"ledger.waive": [Role.ANALYST]})


@pytest.mark.django_db(transaction=True)
def test_two_at_once_cannot_split_and_two_deciders_execute_once(actor, creditor):
    """Threads with connections of their own: the same limit, the same approval."""
    collector, leads = actor("u", Role.COLLECTOR), [actor("l", Role.LEAD), actor("m", Role.LEAD)]
    results: list[object] = []

    def run(work):
        def inside():
            try:
                with transaction.atomic():
                    results.append(work())
            finally:
                connection.close()

        threads = [threading.Thread(target=inside) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run(lambda: waive(collector, creditor.id, 12_000))
    assert sorted(type(r).__name__ for r in results) == ["Approval", "Approval", "Approval", "Granted"]
    assert AuthorityUse.objects.visible_to(SYSTEM_SCOPE).count() == 1
    asked = waive_in_transaction(collector, creditor, 90_000)
    results.clear()
    carried_out.clear()
    run(lambda: actions.decide(leads[len(results) % 2], asked.public_id, True))
    refused = [r for r in results if isinstance(r, Refusal)]
    assert (len(results), len(refused), carried_out) == (4, 3, [90_000])
    Creditor.objects.filter(code="none").delete()


def waive_in_transaction(who, creditor, amount):
    with transaction.atomic():
        return waive(who, creditor.id, amount)


def test_every_verb_has_a_right():
    """An action without a right could be done by nobody: a forgotten line in the table."""
    assert "arrears.parties.actions_standing" in import_actions()
    mine = {v for v in VERBS if not v.startswith(("thing.", "test."))}
    assert len(mine) > 20
    assert sorted(v for v in mine if not rights.roles_for(v)) == []
