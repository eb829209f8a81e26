"""What the API answers: each answer's JSON Schema next to the function that makes it.

Pure: knows what services return, not how it was asked for; asks no database and no web.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from interview.hiring.models import Application, Interview, Job
from interview.hiring.rules import Gate, SeatKind, Stage
from interview.scorecard.rules import POINTS, CardState, Recommendation, WouldBuy
from interview.scorecard.service import Card, PanelSeat, Progress

Json = dict[str, Any]


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(item: Json) -> Json:
    return {"type": "array", "items": item}


def _said(schema: Json, description: str) -> Json:
    return {**schema, "description": description}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(values: Sequence[str]) -> Json:
    return {"type": "string", "enum": [str(one) for one in values]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_ID: Final[Json] = {"type": "integer", "minimum": 1}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_TEXT: Final[Json] = {"type": "string"}
_TIME: Final[Json] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
    "description": "RFC 3339, always UTC",
}
STAGE: Final = _one_of(list(Stage))
_APPLICATION: Final[dict[str, Json]] = {
    "id": _ID,
    "job_id": _ID,
    "stage": STAGE,
    "candidate": _object(
        id=_ID,
        name=_TEXT,
        email=_said(_or_null(_TEXT), "null for whom contact data are not shown: interviewers and admins"),
    ),
    "created_at": _TIME,
    "active_at": _said(_TIME, "the last thing that happened; RFC 3339, always UTC"),
}

SCHEMAS: Final[dict[str, Json]] = {
    "Problem": _said(
        {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": _TEXT,
                "title": _TEXT,
                "status": {"type": "integer"},
                "detail": _said(_TEXT, "what was wrong and what to do, in a sentence"),
                "reason": _said(_TEXT, "a short machine word, where there is one"),
                "fields": _said({"type": "object", "additionalProperties": _TEXT}, "parameter -> what is wrong"),
            },
        },
        "a refusal as in RFC 9457",
    ),
    "Job": _object(
        id=_ID,
        title=_TEXT,
        gate=_one_of(list(Gate)),
        created_at=_TIME,
        closed_at=_or_null(_TIME),
        application_counts=_said(_object(**dict.fromkeys(Stage, _COUNT)), "stage -> how many stand there"),
    ),
    "Jobs": _object(jobs=_said(_list(_ref("Job")), "newest first")),
    "Application": _object(**_APPLICATION),
    "Applications": _object(
        applications=_said(_list(_ref("Application")), "in order of id"),
        next_after=_said(_or_null(_ID), "ask for the next page with after=this; null on the last page"),
    ),
    "Interview": _object(
        id=_ID,
        starts_at=_TIME,
        ends_at=_TIME,
        due_at=_said(_TIME, "when its scorecards are due; RFC 3339, always UTC"),
        panel=_list(_object(person_id=_ID, name=_TEXT, kind=_one_of(list(SeatKind)))),
    ),
    "WholeApplication": _object(
        **_APPLICATION,
        interviews=_list(_ref("Interview")),
        scorecards=_object(seat_count=_COUNT, submitted_count=_COUNT, overdue_count=_COUNT),
    ),
    "Scorecard": _object(
        id=_ID,
        interviewer=_object(person_id=_ID, name=_TEXT),
        rubric=_object(key=_TEXT, version=_ID, name=_TEXT),
        saved_at=_TIME,
        submitted_at=_said(_or_null(_TIME), "null for a draft, which only its interviewer reads"),
        would_buy=_or_null(_one_of(list(WouldBuy))),
        recommendation=_or_null(_one_of(list(Recommendation))),
        takeaways=_TEXT,
        composite=_said(
            _object(
                mean=_or_null({"type": "number", "minimum": POINTS[0], "maximum": POINTS[-1]}),
                observed_share={"type": "number", "minimum": 0, "maximum": 1},
            ),
            "the weighted mean of what was observed; null where that is less than 70 % of the weight",
        ),
        ratings=_list(
            _object(
                attribute=_said(_TEXT, "the attribute's key in the rubric"),
                name=_TEXT,
                weight={"type": "number"},
                value=_or_null({"type": "integer", "enum": list(POINTS)}),
                not_observed={"type": "boolean"},
                note=_TEXT,
                evidence=_list(_object(quote=_TEXT, start_ms=_or_null(_COUNT))),
                revisions=_said(
                    _list(
                        _object(
                            value=_or_null({"type": "integer", "enum": list(POINTS)}), reason=_TEXT, revised_at=_TIME
                        )
                    ),
                    "made after the debrief, beside the value that was submitted; the newest counts in the composite",
                ),
            )
        ),
    ),
    "Scorecards": _object(
        interview_id=_ID,
        application_id=_ID,
        seat_count=_said(_COUNT, "how many on the panel owe a scorecard, so how many there will be"),
        submitted_count=_said(_COUNT, "how many are in"),
        sealed_count=_said(_COUNT, "how many of those the token's owner may not read, or not yet"),
        scorecards=_list(_ref("Scorecard")),
    ),
}


def time_word(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _time_or_null(at: datetime | None) -> str | None:
    return None if at is None else time_word(at)


def job(one: Job, counts: Mapping[Stage, int]) -> Json:
    """Return a Job."""
    return {
        "id": one.id,
        "title": one.title,
        "gate": one.gate,
        "created_at": time_word(one.created_at),
        "closed_at": _time_or_null(one.closure.closed_at if one.closure else None),
        "application_counts": {stage.value: count for stage, count in counts.items()},
    }


def application(one: Application, *, with_contact: bool) -> Json:
    """Return an Application; the e-mail address only for whom contact data are shown."""
    return {
        "id": one.id,
        "job_id": one.job_id,
        "stage": one.stage,
        "candidate": {
            "id": one.candidate_id,
            "name": one.candidate.name,
            "email": one.candidate.email if with_contact else None,
        },
        "created_at": time_word(one.created_at),
        "active_at": time_word(one.active_at),
    }


def whole_application(
    one: Application, interviews: Sequence[Interview], progress: Progress, *, with_contact: bool
) -> Json:
    """Return a WholeApplication."""
    return application(one, with_contact=with_contact) | {
        "interviews": [_interview(event) for event in interviews],
        "scorecards": {
            "seat_count": progress.seat_count,
            "submitted_count": progress.submitted_count,
            "overdue_count": progress.overdue_count,
        },
    }


def _interview(one: Interview) -> Json:
    return {
        "id": one.id,
        "starts_at": time_word(one.starts_at),
        "ends_at": time_word(one.ends_at),
        "due_at": time_word(one.due_at),
        "panel": [
            {"person_id": seat.person_id, "name": seat.person.name, "kind": seat.kind}
            for seat in sorted(one.seats, key=lambda seat: (seat.person.name, seat.person_id))
        ],
    }


def scorecards(one: Interview, seats: Sequence[PanelSeat], cards: Sequence[Card]) -> Json:
    """Return the Scorecards of an interview: those the asker may read, and how many there are besides."""
    submitted = {seat.person_id for seat in seats if seat.state is CardState.SUBMITTED}
    return {
        "interview_id": one.id,
        "application_id": one.application_id,
        "seat_count": sum(seat.excused is None for seat in seats),
        "submitted_count": len(submitted),
        "sealed_count": len(submitted - {card.person_id for card in cards}),
        "scorecards": [_scorecard(card) for card in cards],
    }


def _scorecard(card: Card) -> Json:
    composite = card.composite
    return {
        "id": card.scorecard_id,
        "interviewer": {"person_id": card.person_id, "name": card.person_name},
        "rubric": {
            "key": card.chosen.rubric.key,
            "version": card.chosen.rubric.version,
            "name": card.chosen.rubric.name,
        },
        "saved_at": time_word(card.saved_at),
        "submitted_at": _time_or_null(card.submitted_at),
        "would_buy": card.draft.would_buy,
        "recommendation": card.draft.recommendation,
        "takeaways": card.draft.takeaways,
        "composite": {"mean": composite.mean, "observed_share": composite.observed_share},
        "ratings": [
            {
                "attribute": attribute.key,
                "name": attribute.name,
                "weight": card.chosen.weights[attribute.key],
                "value": rating.value,
                "not_observed": rating.not_observed,
                "note": rating.note,
                "evidence": [{"quote": said.quote, "start_ms": said.start_ms} for said in rating.citations],
                "revisions": [
                    {"value": one.value, "reason": one.reason, "revised_at": time_word(one.revised_at)}
                    for one in card.revisions_of(attribute.key)
                ],
            }
            for attribute in card.chosen.attributes
            if (rating := card.draft.rating(attribute.key))
        ],
    }
