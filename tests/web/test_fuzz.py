"""The API keeps its own description, whatever it is asked."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok

from tests.web.conftest import Build


def test_the_api_answers_as_its_openapi_says(build: Build) -> None:
    site = build()
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", site.app)
    tried = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate()

        check()
        tried.append(operation.path)
    assert len(tried) >= 5
