"""What a server of the protocol can do, and the next thing to try when it refuses one. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final


class Shape(StrEnum):
    """How an answer's shape is asked for; the schema stands in the prompt in any case."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    PLAIN = "plain"


SHAPE_WORDS: Final = {
    Shape.SCHEMA: "keeps to a JSON schema (json_schema, strict)",
    Shape.OBJECT: "answers in JSON (json_object), without a schema",
    Shape.PLAIN: "answers in plain text, from which the JSON is taken",
}
LIMIT_NAMES: Final = ("max_completion_tokens", "max_tokens", "")


@dataclass(frozen=True, slots=True)
class Capability:
    """How a server is asked: the shape, the name of the largest answer (or empty), whether a temperature is sent."""

    shape: Shape = Shape.SCHEMA
    limit_name: str = LIMIT_NAMES[0]
    with_temperature: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """Say it in words."""
        limit = f"takes {self.limit_name}" if self.limit_name else "takes no limit of the answer's length"
        return (SHAPE_WORDS[self.shape], limit, *(() if self.with_temperature else ("takes no temperature",)))


def step_down(asked: Capability, refusal: str) -> Capability | None:
    """Return what to try after a refusal (400, 422) that names something, one step down; None when it names nothing."""
    said = refusal.lower()
    if any(name in said for name in ("response_format", "json_schema", "json_object", "grammar", "structured")):
        lower = {Shape.SCHEMA: Shape.OBJECT, Shape.OBJECT: Shape.PLAIN}.get(asked.shape)
        return replace(asked, shape=lower) if lower else None
    if asked.limit_name and asked.limit_name in said:
        return replace(asked, limit_name=LIMIT_NAMES[LIMIT_NAMES.index(asked.limit_name) + 1])
    if "temperature" in said and asked.with_temperature:
        return replace(asked, with_temperature=False)
    return None


def response_format(shape: Shape, schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return the protocol's response_format for a shape."""
    if shape is Shape.SCHEMA:
        return {"type": "json_schema", "json_schema": {"name": "summary", "strict": True, "schema": schema}}
    return {"type": "json_object"} if shape is Shape.OBJECT else None
