"""Synthetic applications with ratings, written in bulk onto the demo's job, for benchmarks and load.

Wiring that goes past the services on purpose: one audit row says how many were added. The same count on the same
database gives the same applications.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from interview import audit
from interview.access import SYSTEM
from interview.db import Base
from interview.debrief.models import Decision
from interview.debrief.rules import Outcome, RejectionReason
from interview.demo import story
from interview.errors import NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application, Candidate, Interview, Job, Membership, PlanSeat, Seat
from interview.hiring.rules import STAGES, Stage
from interview.rubric import service as rubric
from interview.scorecard.models import Rating, Scorecard, Submission
from interview.scorecard.rules import NEEDS_EVIDENCE, Recommendation, WouldBuy
from interview.watch.models import Material, Watch
from interview.watch.rules.completion import Progress
from interview.watch.rules.ranges import encode

SHARE = {
    Stage.INVITED: 10,
    Stage.PREPARING: 15,
    Stage.READY: 5,
    Stage.PITCHED: 10,
    Stage.SCORED: 40,
    Stage.DECIDED: 20,
}
NOTES = (
    "Asked what happens if nothing changes and used the answer.",
    "Explained the clock in one sentence; the buyer repeated it.",
    "Gave a date for something that does not exist.",
    "Named a case in which the buyer should not buy.",
    "Ended with a step, a day and a name.",
)


@dataclass(frozen=True)
class Made:
    """A synthetic application before it is written: its stage, when it began, and how well it pitches (1 to 5)."""

    number: int
    stage: Stage
    began_at: datetime
    ability: float

    @property
    def pitched(self) -> bool:
        """Say whether the pitch interview is over."""
        return STAGES.index(self.stage) >= STAGES.index(Stage.PITCHED)

    @property
    def active_at(self) -> datetime:
        """Return the last thing that happened."""
        return self.began_at + timedelta(days=STAGES.index(self.stage), minutes=self.number % 600)

    @property
    def starts_at(self) -> datetime:
        """Return when the pitch interview begins."""
        return (self.began_at + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)


def seed_candidates(session: Session, count: int, *, now: datetime) -> int:
    """Add `count` applications to the demo's job and return the job's id. Raises NotFound without the demo."""
    job = session.scalar(select(Job).where(Job.title == story.job().title).order_by(Job.id).limit(1))
    if job is None:
        raise NotFound("The demo's job is not here: seed the demo into an empty database first.")
    before = session.scalar(select(func.count()).select_from(Application).where(Application.job_id == job.id)) or 0
    made = list(_made(before, count, now))
    application_ids = _applications(session, job.id, made)
    _watches(session, job.id, made, application_ids)
    _interviews(session, job, made, application_ids, now)
    audit.record(session, SYSTEM, "demo:load-added", "job", job.id, {"count": count}, now=now)
    return job.id


def _made(before: int, count: int, now: datetime) -> Iterator[Made]:
    chance = random.Random(f"{before}:{count}")  # noqa: S311 (the same every time, and no secret)
    stages = chance.choices(list(SHARE), list(SHARE.values()), k=count)
    for number, stage in enumerate(stages, before + 1):
        began_at = now - timedelta(days=8 + chance.random() * 60)
        yield Made(number, stage, began_at, min(5.0, max(1.0, chance.gauss(3.1, 0.8))))


def _applications(session: Session, job_id: int, made: list[Made]) -> list[int]:
    given, family = story.names()
    people = [
        {
            "email": f"candidate{one.number}@load.example",
            "name": f"{given[one.number % len(given)]} {family[one.number // len(given) % len(family)]}",
            "created_at": one.began_at,
        }
        for one in made
    ]
    candidate_ids = _insert_for_ids(session, Candidate, people)
    rows = [
        {
            "job_id": job_id,
            "candidate_id": candidate_id,
            "stage": one.stage,
            "created_at": one.began_at,
            "active_at": one.active_at,
        }
        for one, candidate_id in zip(made, candidate_ids, strict=True)
    ]
    return _insert_for_ids(session, Application, rows)


def _watches(session: Session, job_id: int, made: list[Made], application_ids: list[int]) -> None:
    materials = session.scalars(select(Material).where(Material.job_id == job_id)).all()
    applications = select(Application.id, Application.candidate_id).where(Application.job_id == job_id)
    candidate_of = {row.id: row.candidate_id for row in session.execute(applications)}
    rows = []
    for one, application_id in zip(made, application_ids, strict=True):
        if one.stage is Stage.INVITED:
            continue
        for material in materials:
            version = material.ready
            if version is None:
                continue
            film = version.film
            share = 1.0 if one.stage is not Stage.PREPARING else (one.number % 10) / 10
            covered = ((0, round(film.duration_ms * share)),) if share else ()
            progress = Progress.of(film, covered)
            rows.append(
                {
                    "candidate_id": candidate_of[application_id],
                    "material_id": material.id,
                    "material_version": version.number,
                    "covered": encode(covered),
                    "covered_ms": progress.covered_ms,
                    "resume_ms": 0,
                    "first_at": one.began_at,
                    "last_at": one.began_at + timedelta(hours=1),
                    "done_at": one.began_at + timedelta(hours=1) if progress.done else None,
                }
            )
    _insert(session, Watch, rows)


def _interviews(session: Session, job: Job, made: list[Made], application_ids: list[int], now: datetime) -> None:
    step = hiring.plan_step(session, job.id)
    panel = session.scalars(select(PlanSeat).where(PlanSeat.step_id == step.id).order_by(PlanSeat.person_id)).all()
    pitched = [(one, key) for one, key in zip(made, application_ids, strict=True) if one.pitched]
    length = timedelta(minutes=job.pitch_min)
    rows = [
        {
            "application_id": application_id,
            "step_id": step.id,
            "starts_at": one.starts_at,
            "ends_at": one.starts_at + length,
            "due_at": one.starts_at + length + timedelta(hours=job.scorecard_due_h),
            "created_at": one.began_at,
        }
        for one, application_id in pitched
    ]
    interview_ids = _insert_for_ids(session, Interview, rows)
    seats = [
        {"interview_id": interview_id, "person_id": seat.person_id, "kind": seat.kind}
        for interview_id in interview_ids
        for seat in panel
    ]
    _insert(session, Seat, seats)
    manager_id = session.scalar(select(Membership.person_id).where(Membership.job_id == job.id).limit(1))
    decided = [(one, key) for one, key in pitched if one.stage is Stage.DECIDED]
    _insert(session, Decision, [_decision(one, key, manager_id) for one, key in decided])
    _cards(session, job.id, [one for one, _ in pitched], interview_ids, [seat.person_id for seat in panel], now)


def _cards(
    session: Session, job_id: int, made: list[Made], interview_ids: list[int], panel: list[int], now: datetime
) -> None:
    """Write the submitted cards: every interviewer has a severity of their own, every card a halo."""
    chosen = rubric.mark_used(session, job_id=job_id, now=now)
    keys = [attribute.key for attribute in chosen.attributes]
    chance = random.Random(f"cards:{made[0].number if made else 0}")  # noqa: S311
    cards: list[dict[str, Any]] = []
    ratings: list[list[dict[str, Any]]] = []
    for one, interview_id in zip(made, interview_ids, strict=True):
        who_scored = panel if one.stage is not Stage.PITCHED else panel[: one.number % max(1, len(panel))]
        for seat, person_id in enumerate(who_scored):
            level = one.ability + 0.3 * (seat - 1) + chance.gauss(0, 0.35)
            points = [min(5, max(1, round(level + chance.gauss(0, 0.6)))) for _ in keys]
            cards.append(_card(one, interview_id, person_id, chosen.job_rubric_id, sum(points) / len(points)))
            ratings.append([_rating(key, point, chance) for key, point in zip(keys, points, strict=True)])
    card_ids = _insert_for_ids(session, Scorecard, cards)
    rows = [
        {**rating, "scorecard_id": card_id}
        for card_id, of_card in zip(card_ids, ratings, strict=True)
        for rating in of_card
    ]
    _insert(session, Rating, rows)
    submissions = [
        {"scorecard_id": card_id, "submitted_by_id": card["person_id"], "submitted_at": card["saved_at"]}
        for card_id, card in zip(card_ids, cards, strict=True)
    ]
    _insert(session, Submission, submissions)


def _card(one: Made, interview_id: int, person_id: int, job_rubric_id: int, mean: float) -> dict[str, Any]:
    saved_at = one.starts_at + timedelta(hours=2)
    words = (Recommendation.STRONG_NO, Recommendation.NO, Recommendation.YES, Recommendation.STRONG_YES)
    return {
        "interview_id": interview_id,
        "person_id": person_id,
        "job_rubric_id": job_rubric_id,
        "would_buy": WouldBuy.YES if mean >= 3.3 else WouldBuy.NO if mean < 2.7 else WouldBuy.NOT_SURE,
        "recommendation": words[min(3, max(0, round(mean) - 2))],
        "takeaways": NOTES[one.number % len(NOTES)],
        "edition": 1,
        "created_at": saved_at,
        "saved_at": saved_at,
    }


def _rating(key: str, point: int, chance: random.Random) -> dict[str, Any]:
    unseen = chance.random() < 0.03
    note = chance.choice(NOTES) if point in NEEDS_EVIDENCE else ""
    return {
        "attribute": key,
        "value": None if unseen else point,
        "not_observed": unseen,
        "note": "" if unseen else note,
    }


def _decision(one: Made, application_id: int, decided_by_id: int | None) -> dict[str, Any]:
    forward = one.ability >= 3.4
    return {
        "application_id": application_id,
        "ordinal": 1,
        "outcome": Outcome.ADVANCE if forward else Outcome.REJECT,
        "rejection": None if forward else next(iter(RejectionReason)),
        "reason": NOTES[one.number % len(NOTES)],
        "is_against_order": False,
        "decided_by_id": decided_by_id,
        "decided_at": one.active_at,
    }


def _insert(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(model), rows)


def _insert_for_ids(session: Session, model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows and return their ids in the same order."""
    if not rows:
        return []
    return list(session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), rows))
