"""A program with a token of anybody in the cast, each of whose answers is held against the description."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from interview.access import SYSTEM
from interview.connect import service
from interview.connect.openapi import description
from interview.db import writing
from interview.people.models import Person
from tests.support.cast import Cast

DESCRIPTION = description("http://localhost")


def strictly(schema: Any) -> Any:
    """Forbid in every object what the description does not name."""
    if isinstance(schema, list):
        return [strictly(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strictly(one) for key, one in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        found["additionalProperties"] = False
    return found


def schema_of(path: str, status: int) -> Any:
    """The schema of an answer of a path, on its own."""
    told = next(one for one in DESCRIPTION["paths"] if re.fullmatch(re.sub(r"\{\w+\}", r"\\d+", one), path))
    content = DESCRIPTION["paths"][told]["get"]["responses"][str(status)]["content"]
    ((kind, said),) = content.items()
    return kind, {**said["schema"], "components": strictly(DESCRIPTION["components"])}


class Program:
    """Asks the API with one token."""

    def __init__(self, app: Flask, token: str | None) -> None:
        self.client = app.test_client()
        self.token = token

    def ask(self, path: str, *, status: int = 200) -> Any:
        """GET a path, check the status and that the answer is as described, and return it."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == status, f"GET {path}: {answer.status_code}: {answer.text[:500]}"
        kind, schema = schema_of(path.partition("?")[0], status)
        assert answer.mimetype == kind
        Draft202012Validator(schema).validate(answer.json)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
        return answer.json


@pytest.fixture
def make_token(cast: Cast) -> Callable[..., str]:
    """Make a token of a member of the cast."""

    def make(name: str, scopes: str = "read") -> str:
        with writing(cast.session) as session:
            owner = session.get_one(Person, cast.person_ids[name])
            _, secret = service.create_token(
                session, SYSTEM, owner, name=f"of {name}", scopes=scopes, now=cast.clock.now()
            )
        return secret

    return make


@pytest.fixture
def program(cast: Cast, make_token: Callable[..., str]) -> Callable[..., Program]:
    """A program with a token of a member of the cast."""

    def start(name: str, scopes: str = "read") -> Program:
        return Program(cast.app, make_token(name, scopes))

    return start
