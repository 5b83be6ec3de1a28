"""The gate's doors: API, command line and pages give the judgement that the engine gives."""

import json

import pytest
from django.test import Client
from typer.testing import CliRunner

from arrears.access.models import User
from arrears.gate import actions
from arrears.gate.commands import app
from arrears.kernel.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(collector):
    made = Client()
    made.force_login(User.objects.get(public_id=collector.id))
    return made


def post(client, path, body):
    return client.post(
        f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers={"Idempotency-Key": new_id("idem")}
    )


def test_permit_over_the_api_from_asking_to_outcome(client, debtor):
    party, mobile, _ = debtor
    body = {"party_id": party.public_id, "contact_point_id": mobile.public_id, "channel": "voice"}
    made = post(client, "permits", body)
    assert made.status_code == 201, made.content
    permit = made.json()["permit"]
    again = post(client, "permits", body)
    assert again.status_code == 201  # the refusal is on record; it is no permit
    assert again.json()["permit"] is None
    told = again.json()["decision"]
    assert (told["decision"], [r["rule"] for r in told["reasons"]]) == ("deny", ["HOUSE-F-02"])
    use = {"channel": "voice", "contact_point_id": mobile.public_id}
    assert post(client, f"permits/{permit['id']}/use", use).json()["state"] == "used"
    assert post(client, f"permits/{permit['id']}/use", use).status_code == 409
    assert post(client, f"permits/{permit['id']}/settle", {"outcome": "conversation"}).json()["state"] == "settled"
    replay = client.get(f"/api/v1/decisions/{told['id']}/replay").json()
    assert replay["same"]
    assert client.get(f"/api/v1/decisions/{permit['decision_id']}").json()["decision"] == "allow"


def test_strip_over_the_api(client, debtor):
    customer = debtor[0].customer.public_id
    night = client.get(f"/api/v1/customers/{customer}/permit", {"at": "2026-11-23T23:00:00+08:00"}).json()
    states = {c["channel"]: c["state"] for c in night["channels"]}
    assert (states["voice"], states["letter"], states["email"]) == ("wait", "allow", "none")
    assert client.get("/api/v1/customers/cus_none/permit").status_code == 404
    assert client.get("/api/v1/decisions/dec_none").status_code == 404


def test_packs_over_the_api_say_demo(client):
    packs = client.get("/api/v1/packs").json()
    assert {p["signoff"] for p in packs} == {"demo"}


def test_command_line(debtor, collector):
    customer = debtor[0].customer.public_id
    said = CliRunner().invoke(app, ["check", customer, "--at", "2026-11-23T23:00:00+08:00"])
    assert {c["channel"]: c["state"] for c in json.loads(said.stdout)}["voice"] == "wait"
    assert CliRunner().invoke(app, ["check", "cus_none"]).exit_code == 4
    assert CliRunner().invoke(app, ["check", customer, "--at", "tonight"]).exit_code == 3
    assert CliRunner().invoke(app, ["check", customer, "--at", "2026-11-23T23:00:00"]).exit_code == 3
    permit = actions.request_permit(collector, actions.Contact(debtor[0].public_id, debtor[1].public_id, "voice"))
    told = CliRunner().invoke(app, ["replay", permit.decision.public_id])
    assert json.loads(told.stdout)["same"] is True
    assert CliRunner().invoke(app, ["replay", "dec_none"]).exit_code == 4
    assert len(json.loads(CliRunner().invoke(app, ["packs"]).stdout)) >= 20


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages(client, language):
    words = {"zh-hans": ("民法典", "无人"), "en": ("Civil", "Nobody")}[language]
    ask = {"jurisdiction": "CN", "stop": "deceased", "at": "2026-11-23T12:00", "zones": "Asia/Shanghai"}
    answer = client.get("/gate", ask, headers={"Accept-Language": language})
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "CN-S-02" in html
    assert words[1] in html
    assert client.get("/gate", {"at": "noon"}).status_code == 422
    night = client.get(
        "/gate", ask | {"stop": "", "at": "2026-11-23T23:00"}, headers={"Accept-Language": language}
    ).content.decode()
    assert "2026-11-24 08:00" in night
    nowhere = client.get("/gate", ask | {"stop": "", "zones": ""}).content.decode()
    assert "unknown_time_zone" in nowhere
    assert client.get("/gate/rules").content.decode().count("<table") >= 20
