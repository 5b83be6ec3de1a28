"""The OpenAPI document is valid, complete and committed; the live API keeps to it under generated requests."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks
from schemathesis.specs.openapi import definitions

from arrears.api import catalogue, openapi, site
from arrears.api.limits import LIMITS
from arrears.kernel.scope import Role

DOCUMENT = catalogue.openapi_document()
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


def test_the_document_is_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1.")
    validator = Draft202012Validator(definitions.OPENAPI_31)
    assert [e.message for e in validator.iter_errors(DOCUMENT)] == []


def test_every_schema_is_json_schema_2020_12():
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def refs(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def test_every_reference_leads_somewhere():
    for ref in set(refs(DOCUMENT)):
        node = DOCUMENT
        for step in ref.removeprefix("#/").split("/"):
            node = node[step]


def test_operations_are_named_once_and_explained():
    operations = [op for methods in DOCUMENT["paths"].values() for op in methods.values()]
    ids = [op["operationId"] for op in operations]
    assert len(ids) == len(set(ids))
    for op in operations:
        assert op.get("description"), op["operationId"]
        assert op["security"], op["operationId"]
        assert {"401", "403", "404", "422", "429", "500"} <= set(op["responses"])


def test_every_post_takes_an_idempotency_key_and_every_change_a_tag():
    for methods in DOCUMENT["paths"].values():
        for method, op in methods.items():
            given_names = [p.get("$ref", "").rsplit("/", 1)[-1] for p in op["parameters"]]
            assert ("IdempotencyKey" in given_names) == (method == "post")
            assert ("IfMatch" in given_names) == (method in ("put", "patch", "delete"))


def test_no_amount_is_a_number():
    """Money is text with a currency; minor units never leave as bare numbers, except beside a unit."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, kind in schema.get("properties", {}).items():
            if field.endswith("_minor"):
                pytest.fail(f"{name}.{field}")
            if field in ("amount", "balance") and kind.get("type") == "number":
                pytest.fail(f"{name}.{field}")


def test_the_committed_document_is_current():
    path = Path(__file__).parents[2] / "docs/reference/openapi.json"
    assert json.loads(path.read_text(encoding="utf-8")) == DOCUMENT, "run python tools/generate_reference.py"


@pytest.mark.django_db
def test_the_served_document_is_the_committed_one(client):
    assert client.get("/api/v1/openapi.json").json() == DOCUMENT


# --- generated requests against the live application


#: Generated requests for each operation; raise it for a longer hunt.
EXAMPLES = int(os.environ.get("ARREARS_TEST_EXAMPLES", "6"))
WANTED = [
    not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def json_lines(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def schema():
    loaded = schemathesis.openapi.from_dict(DOCUMENT)
    loaded.app = WSGIHandler()
    loaded.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE], with_security_parameters=False)
    return loaded


@pytest.fixture
def world(house, monkeypatch):
    """A caller who may do nearly everything, and real ids for the paths."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)  # keep the test's transaction
    monkeypatch.setenv("ARREARS_API_RATE", "0")
    LIMITS._buckets.clear()
    caller = house.key(*Role)
    person = caller.post("parties", {"creditor": "bank", "reference": "C-1", "name": "王小明"}).json()["id"]
    point = caller.post(f"parties/{person}/contact-points", {"kind": "phone", "value": "13800138000", "provenance": "host"})
    loan = caller.post(
        "agreements",
        {
            "reference": "L-1", "debtor_id": person, "portfolio": "retail", "product": "consumer_loan", "currency": "CNY",
            "opened_on": "2026-01-10",
        },
    ).json()["id"]  # fmt: skip
    money = {"amount": "1000.00", "currency": "CNY"}
    caller.post(f"agreements/{loan}/disbursements", {"amount": money, "on": "2026-01-10"})
    rows = [{"n": 1, "due_on": "2026-02-10", "principal": "1000.00"}]
    assert caller.post(f"agreements/{loan}/schedule", {"on": "2026-01-10", "rows": rows}).status_code == 201
    event = caller.post(f"agreements/{loan}/payments", {"amount": money, "on": "2026-02-20"}).json()["id"]
    ids = {
        "agreement_id": loan,
        "event_id": event,
        "party_id": person,
        "customer_id": caller.get("customers").json()["data"][0]["id"],
        "point_id": point.json()["id"],
        "code": "bank",
    }
    return caller, ids


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{m} {p}" for p, m in OPERATIONS])
def test_generated_requests_meet_no_failure_and_no_undocumented_answer(schema, world, path, method):
    caller, ids = world
    operation = schema[path][method]

    @given(case=operation.as_strategy(), real=st.booleans())
    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def run(case, real):
        if real:
            case.path_parameters.update({k: v for k, v in ids.items() if k in case.path_parameters})
        with transaction.atomic():
            response = case.call(headers={"Authorization": caller.header})
            transaction.set_rollback(True)
        case.validate_response(response, checks=WANTED)

    run()


def test_two_shapes_of_one_name_are_refused():
    document = openapi.Document(site.api(), site.ROOT)
    document.add_schema_definitions({"Shape": {"properties": {"a": {}}}})
    document.add_schema_definitions({"Shape": {"properties": {"a": {}}}})
    with pytest.raises(ValueError, match="named Shape"):
        document.add_schema_definitions({"Shape": {"properties": {"b": {}}}})
