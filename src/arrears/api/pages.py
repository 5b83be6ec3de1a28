"""Pages that explain the API inside the product: every error code, every address. Public: they hold no data."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from arrears.api import catalogue
from arrears.kernel.refusals import RefusalCode, Text


def _entry(code: RefusalCode, language: str) -> dict[str, Any]:
    return {
        "code": code.code,
        "status": code.status,
        "rule": code.rule,
        "sentence": Text(code.zh, code.en).in_language(language),
        "fix": Text(code.fix_zh, code.fix_en).in_language(language),
    }


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every refusal code with what it means and how to fix it; the address of a problem document's ``type``."""
    language = get_language() or "zh-hans"
    codes = [_entry(code, language) for code in catalogue.codes().values()]
    return render(request, "api/errors.html", {"codes": codes})


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation of the API, from the OpenAPI document."""
    document = catalogue.openapi_document()
    operations = [
        {"method": method.upper(), "path": path, **{k: operation.get(k, "") for k in ("operationId", "summary", "description")}}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "api/reference.html", {"operations": operations})
