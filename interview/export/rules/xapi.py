"""Statements of the xAPI Video Profile about what the server observed; nothing is stated that it did not see.

Sources: xAPI 1.0.3 Part 2 (Statements) and https://w3id.org/xapi/video; decision 43 says what is left out and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, BinaryIO
from uuid import NAMESPACE_URL, UUID, uuid5

from interview.export.rules.cells import whole
from interview.watch.rules.ranges import Ranges, total_ms
from interview.watch.rules.viewing import PlaySession, Viewing

PROFILE = "https://w3id.org/xapi/video"
_EXTENSIONS = f"{PROFILE}/extensions"
_ADL = "http://adlnet.gov/expapi"

Statement = dict[str, Any]


class Verb(StrEnum):
    """The profile's verbs that the server can vouch for."""

    INITIALIZED = "initialized"
    TERMINATED = "terminated"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom statements are about: an application of a job, by their numbers, at the installation of this address."""

    base_url: str
    job_id: int
    application_id: int

    @property
    def registration(self) -> UUID:
        """Return what holds all of an application's statements together."""
        return uuid5(NAMESPACE_URL, f"{self.base_url}/applications/{self.application_id}")


def statements(subject: Subject, viewings: Sequence[Viewing]) -> list[Statement]:
    """Return all statements about an application in the order of time, each with an id that only its content makes."""
    made = [one for viewing in viewings for one in _of_viewing(subject, viewing)]
    return sorted(made, key=lambda one: str(one["timestamp"]))


def _of_viewing(subject: Subject, viewing: Viewing) -> Iterator[Statement]:
    for one in viewing.sessions:
        yield _statement(subject, viewing, Verb.INITIALIZED, one, one.opened_at)
    if viewing.done_at is not None and viewing.covered and (during := viewing.session_at(viewing.done_at)):
        result = {
            "completion": True,
            "duration": f"PT{seconds(total_ms(viewing.covered))}S",
            "extensions": {
                **_reached(viewing),
                f"{subject.base_url}/xapi/extensions/observed-until": _instant(viewing.last_at),
            },
        }
        yield _statement(subject, viewing, Verb.COMPLETED, during, viewing.done_at, result)
    if (last := viewing.last_heard) and last.is_over:
        yield _statement(subject, viewing, Verb.TERMINATED, last, last.last_at, {"extensions": _reached(viewing)})


def _statement(
    subject: Subject,
    viewing: Viewing,
    verb: Verb,
    session: PlaySession,
    at: datetime,
    result: dict[str, Any] | None = None,
) -> Statement:
    session_id = uuid5(NAMESPACE_URL, f"{subject.base_url}/xapi/sessions/{session.lease_id}")
    statement: Statement = {
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": subject.base_url, "name": str(subject.application_id)},
        },
        "verb": {"id": f"{_ADL}/verbs/{verb}", "display": {"en-US": verb.value}},
        "object": {
            "objectType": "Activity",
            "id": f"{subject.base_url}/watch/{viewing.material_id}/film/{viewing.number}",
        },
        "context": {
            "registration": str(subject.registration),
            "platform": "Pitchproof",
            "contextActivities": {
                "category": [{"id": PROFILE, "definition": {"type": f"{_ADL}/activities/profile"}}],
                "grouping": [{"objectType": "Activity", "id": f"{subject.base_url}/jobs/{subject.job_id}"}],
            },
            "extensions": {
                f"{_EXTENSIONS}/session-id": str(session_id),
                f"{_EXTENSIONS}/length": viewing.film.duration_ms / 1000,
            },
        },
        "timestamp": _instant(at),
    }
    if result is not None:
        statement["result"] = result
    # The profile: a session is named by its first statement. Every other id is made of what is stated, so that the same
    # is never sent twice, and what changed is never sent under the id of what was said before.
    stated = json.dumps(statement, sort_keys=True, separators=(",", ":"))
    statement_id = session_id if verb is Verb.INITIALIZED else uuid5(subject.registration, stated)
    statement["object"]["definition"] = _definition(viewing)  # may change: it is no part of what is stated
    return {"id": str(statement_id), **statement}


def _definition(viewing: Viewing) -> dict[str, Any]:
    """Return what is said about the film today; how much of it is asked belongs here, for it may be changed later."""
    film = viewing.film
    return {
        "type": f"{PROFILE}/activity-type/video",
        "name": {"und": whole(viewing.title)},
        "extensions": {f"{_EXTENSIONS}/completion-threshold": share(film.need_ms, film.duration_ms)},
    }


def _reached(viewing: Viewing) -> dict[str, Any]:
    """Return what was covered of the film, over all sessions of the registration, as the profile wants it."""
    return {
        f"{_EXTENSIONS}/time": viewing.position_ms / 1000,
        f"{_EXTENSIONS}/progress": share(total_ms(viewing.covered), viewing.film.duration_ms),
        f"{_EXTENSIONS}/played-segments": segments(viewing.covered),
    }


def segments(covered: Ranges) -> str:
    """Return ranges in the profile's own format, like 0[.]12.5[,]30[.]60."""
    return "[,]".join(f"{seconds(start)}[.]{seconds(end)}" for start, end in covered)


def seconds(ms: int) -> str:
    """Return milliseconds as seconds, exactly: 12500 is 12.5, 60000 is 60."""
    return f"{ms // 1000}.{ms % 1000:03d}".rstrip("0").rstrip(".")


def share(part_ms: int, whole_ms: int) -> float:
    """Return a part as a number from 0 to 1 with three decimals, never rounded up: 1.0 is all of it."""
    return 1000 * part_ms // whole_ms / 1000


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class StatementArray:
    """One JSON array, a statement a line: what an LRS takes as the body of POST /statements, and what can be split."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._before = b"[\n"

    def add(self, statement: Statement) -> None:
        """Write one statement."""
        line = json.dumps(statement, ensure_ascii=False, separators=(",", ":")).encode()
        self._target.write(self._before + line)
        self._before = b",\n"

    def finish(self) -> None:
        """End the array."""
        self._target.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")
