"""The OpenAPI 3.1 description of the read API. Pure; a test holds it to the routes and to what they answer."""

from __future__ import annotations

from typing import Any, Final

from interview.connect.answers import SCHEMAS, STAGE
from interview.connect.rules import Scope

_PROBLEMS: Final = {
    "401": "no token, or one that does not work",
    "403": "the token's owner, or its scope, does not allow this",
    "404": "there is no such thing, or it is not the owner's to see",
    "422": "a parameter cannot be used",
}
_ABOUT: Final = """Read-only access for other programs. A token may what its owner may at that moment, as far as its \
scopes go; make one with `flask --app wsgi token create`. Times are RFC 3339 in UTC; fields are only ever added."""


def description(base_url: str) -> dict[str, Any]:
    """Return the whole description, for the address at which this installation is reached."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pitchproof", "version": "1", "description": _ABOUT},
        "servers": [{"url": base_url}],
        "security": [{"token": []}],
        "paths": {
            "/api/v1/openapi.json": {
                "get": {
                    "operationId": "getDescription",
                    "summary": "This description, for everyone",
                    "security": [],
                    "responses": {"200": _answer("OpenAPI 3.1", {"type": "object"})},
                }
            },
            "/api/v1/jobs": _read("listJobs", "The jobs within reach", "Jobs"),
            "/api/v1/jobs/{job_id}/applications": _read(
                "listApplications",
                "A job's applications, a page at a time",
                "Applications",
                _in_path("job_id"),
                _in_query("after", {"type": "integer", "minimum": 0}, "begin after this application id"),
                _in_query("stage", STAGE, "only those at this stage"),
            ),
            "/api/v1/applications/{application_id}": _read(
                "getApplication",
                "One application with its interviews",
                "WholeApplication",
                _in_path("application_id"),
            ),
            "/api/v1/interviews/{interview_id}/scorecards": _read(
                "listScorecards",
                "An interview's scorecards as far as the owner may read them; the others only counted",
                "Scorecards",
                _in_path("interview_id"),
            ),
        },
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token: pp_..."}},
        },
    }


def _read(operation: str, summary: str, schema: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    problems = {
        status: _answer(words, {"$ref": "#/components/schemas/Problem"}, kind="application/problem+json")
        for status, words in _PROBLEMS.items()
    }
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "description": f"Needs the scope {Scope.READ}.",
            "parameters": list(parameters),
            "responses": {"200": _answer(summary, {"$ref": f"#/components/schemas/{schema}"}), **problems},
        }
    }


def _answer(words: str, schema: dict[str, Any], *, kind: str = "application/json") -> dict[str, Any]:
    return {"description": words, "content": {kind: {"schema": schema}}}


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def _in_query(name: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": words}
