"""The OpenAPI 3.1 document: what the framework writes, completed with what surrounds every operation."""

from __future__ import annotations

from http.client import responses as phrases
from typing import Any

from ninja.openapi.schema import OpenAPISchema

from arrears.api import cursors, idempotency
from arrears.api.problems import MEDIA_TYPE


class Document(OpenAPISchema):
    """The framework's document, but two shapes never share a name: the second would silently replace the first."""

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        """Raises ``ValueError`` where another shape of that name is there already."""
        for name, shape in definitions.items():
            known = self.schemas.setdefault(name, shape)
            if set(known.get("properties", ())) != set(shape.get("properties", ())):
                raise ValueError(f"two API shapes are named {name}; give one of them another name")


PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem document. `code` is stable; `title` and `detail` follow Accept-Language.",
    "required": ["type", "title", "status", "detail", "code", "rule", "errors", "instance", "trace_id"],
    "properties": {
        "type": {"type": "string", "description": "Address of the explanation of `code`"},
        "title": {"type": "string", "description": "What happened"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "How to fix it"},
        "code": {"type": "string", "examples": ["payment.before_disbursement"]},
        "rule": {"type": "string", "description": "Clause or house rule"},
        "pointer": {"type": "string", "description": "JSON Pointer, query field, header, or place in a file"},
        "instance": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
#: What any operation may be refused with; beside these, POST and guarded changes have their own.
COMMON = (400, 401, 403, 404, 409, 422, 429, 500)
BY_METHOD = {"post": (413,), "patch": (412, 413, 428), "put": (412, 413, 428), "delete": (412, 428)}


def _header(name: str, description: str, example: str = "") -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema} | (
        {"example": example} if example else {}
    )


PARAMETERS: dict[str, dict[str, Any]] = {
    "Language": _header("Accept-Language", "`zh` or `en`: language of titles and labels", "en"),
    "IdempotencyKey": {
        **_header(idempotency.HEADER, f"Same key and body: same answer, done once. Kept {idempotency.KEPT_HOURS} hours."),
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
    },
    "IfMatch": {**_header("If-Match", "ETag of the resource as it was read"), "required": True},
    "IfNoneMatch": _header("If-None-Match", "ETag of what the client has: 304 when unchanged"),
    "Limit": {
        "name": "limit", "in": "query", "required": False, "description": "Items a page",
        "schema": {"type": "integer", "minimum": 1, "maximum": cursors.MAX_LIMIT, "default": cursors.DEFAULT_LIMIT},
    },
    "Cursor": {
        "name": "cursor", "in": "query", "required": False, "description": "`next_cursor` of the page before",
        "schema": {"type": "string"},
    },
}  # fmt: skip


def _is_page(operation: dict[str, Any]) -> bool:
    schema = operation["responses"].get(200, {}).get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rsplit("/", 1)[-1].startswith("Page")


def _completed_operation(method: str, operation: dict[str, Any]) -> None:
    names = ["Language"]
    statuses = [*COMMON, *BY_METHOD.get(method, ())]
    if method == "post":
        names.append("IdempotencyKey")
    if method in ("patch", "put", "delete"):
        names.append("IfMatch")
    if method == "get" and _is_page(operation):
        names += ["Limit", "Cursor"]
    elif method == "get":
        names.append("IfNoneMatch")
        operation["responses"].setdefault(304, {"description": "Not changed"})
    operation["parameters"] += [{"$ref": f"#/components/parameters/{name}"} for name in names]
    for status in statuses:
        operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    operation["responses"] = {str(k): operation["responses"][k] for k in sorted(operation["responses"], key=int)}


def _tidy(node: Any) -> None:
    """Drop generated titles (they repeat names) and unwrap a reference that stands alone in ``allOf``."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str) and ("type" in node or "anyOf" in node or "$ref" in node or "allOf" in node):
            del node["title"]
        if list(node) == ["allOf"] and len(node["allOf"]) == 1:
            node |= node.pop("allOf")[0]
        for value in node.values():
            _tidy(value)
    elif isinstance(node, list):
        for value in node:
            _tidy(value)


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` with problem answers, shared parameters and security of every operation, valid OpenAPI 3.1."""
    for operations in document["paths"].values():
        for method, operation in operations.items():
            _completed_operation(method, operation)
    for operations in document["paths"].values():
        _tidy(operations)
    components = document["components"]
    _tidy(components["schemas"])
    components["schemas"]["Problem"] = PROBLEM
    components["parameters"] = PARAMETERS
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Problem{status}": {"description": phrases[status], "content": content}
        for status in sorted({*COMMON, *(s for some in BY_METHOD.values() for s in some)})
    }
    components["schemas"] = dict(sorted(components["schemas"].items()))
    document["paths"] = dict(sorted(document["paths"].items()))
    document["jsonSchemaDialect"] = "https://json-schema.org/draft/2020-12/schema"
    if not document.get("servers"):
        document["servers"] = [{"url": "/"}]
    return document
