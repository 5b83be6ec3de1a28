"""The pages that explain the API inside the product: public, in both languages, with every code."""

from __future__ import annotations

import pytest

from arrears.api import catalogue


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "title"), [("zh-hans", "错误代码"), ("en", "Error codes")])
def test_the_type_of_a_problem_leads_to_its_explanation(client, language, title):
    answer = client.get("/docs/errors", headers={"Accept-Language": language})
    page = answer.content.decode()
    assert title in page
    for code in catalogue.codes():
        assert f'id="{code}"' in page


@pytest.mark.django_db
def test_every_operation_is_listed(client):
    page = client.get("/docs/api", headers={"Accept-Language": "en"}).content.decode()
    assert "API reference" in page
    for path in catalogue.openapi_document()["paths"]:
        assert path in page
