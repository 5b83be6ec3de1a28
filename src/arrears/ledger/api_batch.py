"""REST: many payments in one call. One JSON object a line in, one answer a line out, in order."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from pydantic import ValidationError

from arrears.kernel.refusals import Refusal

from . import refusals
from .api_acts import record_one
from .api_router import router
from .schemas import PaymentLineIn

MEDIA_TYPE = "application/x-ndjson"
MOST_LINES = 5_000
_LINE = {"type": "string", "description": "JSON lines: `PaymentIn` with `agreement_id` and a `key` on each line"}
_ANSWER = {
    "type": "string",
    "description": "JSON lines: `{line, status, event_id}` or `{line, status, problem}`, in the order of the request",
}


def _unsafe(text: str) -> bool:
    return "\\u0000" in text or any("\ud800" <= c <= "\udfff" for c in text)


def _read(line: bytes) -> PaymentLineIn | Refusal:
    try:
        words = json.loads(line)
        if not isinstance(words, dict) or _unsafe(json.dumps(words)) or _unsafe(json.dumps(words, ensure_ascii=False)):
            return refusals.LINE_UNREADABLE.at()
        return PaymentLineIn.model_validate(words)
    except ValidationError as wrong:
        causes = tuple(
            refusals.LINE_FIELD.at("/" + "/".join(str(p) for p in e["loc"]), why=e["msg"])
            for e in wrong.errors(include_input=False)
        )
        return Refusal(refusals.LINE_WRONG, "", {"count": len(causes)}, causes)
    except (ValueError, RecursionError):
        return refusals.LINE_UNREADABLE.at()


def _one(request: HttpRequest, number: int, line: bytes, language: str) -> dict[str, Any]:
    read = _read(line)
    with transaction.atomic():
        result = read if isinstance(read, Refusal) else record_one(request, read.agreement_id, read)
        if isinstance(result, Refusal):
            transaction.set_rollback(True)
            return {"line": number, "status": result.status, "problem": result.as_problem(language)}
    return {"line": number, "status": 201, "event_id": result.public_id}


@router.post(
    "/payments/batch",
    response={200: None},
    openapi_extra={
        "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": _LINE}}},
        "responses": {200: {"description": "One answer a line", "content": {MEDIA_TYPE: {"schema": _ANSWER}}}},
    },
)
def record_payments(request: HttpRequest, atomic: bool = False) -> Any:
    """Record many payments. A refused line leaves the others standing, unless ``atomic=true``: then all or none.

    Every line has its own ``key``, so that a batch may be sent again. At most 5,000 lines; larger loads are imports.
    """
    lines = [line for line in request.body.split(b"\n") if line.strip()]
    if len(lines) > MOST_LINES:
        return refusals.TOO_MANY_LINES.at(limit=MOST_LINES)
    language = get_language() or "zh-hans"
    with transaction.atomic():
        answers = [_one(request, number, line, language) for number, line in enumerate(lines, 1)]
        if atomic and any("problem" in answer for answer in answers):
            transaction.set_rollback(True)
            answers = [a if "problem" in a else {"line": a["line"], "status": 424} for a in answers]
    body = "".join(json.dumps(a, ensure_ascii=False, default=str) + "\n" for a in answers)
    return HttpResponse(body, content_type=MEDIA_TYPE)
