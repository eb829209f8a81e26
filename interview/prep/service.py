"""Use cases of preparation: checklist and gate, consent, what candidates ask for, the team's record.

Knows no web and no clock; never commits. The checklist is computed from stored state every time it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import MAY, SYSTEM, Actor, Place, Role
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview
from interview.hiring.rules import STAGES, Gate, Stage
from interview.knowledge import service as knowledge
from interview.knowledge.rules import CheckState, Timeline
from interview.knowledge.service import CheckProgress
from interview.prep.models import ConsentAnswer, PrepRequest, PrepSettlement
from interview.prep.rules import (
    CONSENT_TEXTS,
    CONSENT_WORK_MS,
    NOT_TAKEN,
    OPEN_REQUESTS_MAX,
    QUESTION_WORK_MS,
    TEXT_MAX,
    Checklist,
    ConsentKind,
    Item,
    ItemKind,
    RequestKind,
    attempt_words,
)
from interview.recording import service as recording
from interview.watch import service as watch
from interview.watch.rules.checkpoints import ContentQuestion
from interview.watch.rules.findings import Signal
from interview.watch.rules.material import ItemState
from interview.watch.rules.ranges import Range
from interview.watch.service import MaterialProgress, Summary


class PitchClosed(Forbidden):
    """The job's gate is closed for this candidate; `checklist` says what is missing."""

    def __init__(self, checklist: Checklist) -> None:
        names = ", ".join(item.title for item in checklist.missing)
        super().__init__(
            f"The pitch opens when the preparation is done. Still to do: {names}.",
            reason="preparation_missing",
            fields={item.key: f"{item.title}: {item.pct} % done." for item in checklist.missing},
        )
        self.checklist = checklist


# -- the checklist and the gate ------------------------------------------------------------------------------------


def own_application(session: Session, actor: Actor) -> Application:
    """Return the application that a candidate is here for. Raises NotFound for anybody else."""
    return hiring.application(session, actor.application_id or 0)


def checklist(session: Session, application: Application) -> Checklist:
    """Return one application's checklist as stored at this moment of this transaction."""
    return checklists(session, [application])[application.id]


def checklists(session: Session, applications: Sequence[Application]) -> dict[int, Checklist]:
    """Return the checklists of many applications, in constant queries."""
    ids = [one.id for one in applications]
    films = watch.progress_of(session, ids)
    checks = knowledge.state_of(session, ids)
    consents = _consents(session, ids)
    return {
        one.id: Checklist(
            Gate(one.job.gate),
            (
                _consent_item(consents.get(one.id, {})),
                *(_material_item(film) for film in films[one.id]),
                *_knowledge_item(checks[one.id]),
                _pitch_item(one),
            ),
        )
        for one in applications
    }


def _consent_item(answers: Mapping[ConsentKind, ConsentAnswer]) -> Item:
    current = [answers[text.kind] for text in CONSENT_TEXTS if _is_current(answers.get(text.kind), text.version)]
    state = ItemState.DONE if len(current) == len(CONSENT_TEXTS) else ItemState.DOING if current else ItemState.TODO
    done = state is ItemState.DONE
    return Item(
        ItemKind.CONSENT,
        "Two questions about consent",
        state,
        work_ms=CONSENT_WORK_MS,
        pct=100 if done else 0,
        done_at=max(one.answered_at for one in current) if done else None,
    )


def _is_current(answer: ConsentAnswer | None, version: int) -> bool:
    return answer is not None and answer.text_version == version


def _material_item(film: MaterialProgress) -> Item:
    return Item(
        ItemKind.MATERIAL,
        film.title,
        film.state,
        id=film.material_id,
        required=film.required,
        work_ms=film.need_ms,
        tier=film.tier,
        is_attested=film.is_attested,
        pct=film.pct,
        need_ms=film.need_ms,
        covered_ms=film.covered_ms,
        done_at=film.done_at,
        note=film.sentence,
    )


def _knowledge_item(check: CheckProgress) -> list[Item]:
    if check.state is CheckState.NONE:
        return []
    state = ItemState(check.state.value)
    return [
        Item(
            ItemKind.KNOWLEDGE,
            "Knowledge check",
            state,
            required=True,
            work_ms=check.draw_count * QUESTION_WORK_MS,
            pct=100 if state is ItemState.DONE else 0,
            done_at=check.done_at,
            note=knowledge_words(check),
        )
    ]


def _pitch_item(application: Application) -> Item:
    pitched = _has_reached(application, Stage.PITCHED)
    return Item(ItemKind.PITCH, "Pitch interview", ItemState.DONE if pitched else ItemState.TODO, pct=100 * pitched)


def knowledge_words(check: CheckProgress) -> str:
    """Return how the knowledge check stands, as far as it was graded: "9 of 10, second attempt"."""
    if check.attempt_number is None:
        return NOT_TAKEN
    return f"{check.right_count} of {check.asked_count}, {attempt_words(check.attempt_number)}"


def pitch(session: Session, application: Application) -> Interview | None:
    """Return the pitch interview, if it is scheduled, to a candidate whose gate is open. Raises PitchClosed."""
    check_gate(session, application)
    return pitch_interview(session, application)


@recording.guards_pitch
def check_gate(session: Session, application: Application) -> None:
    """Raise PitchClosed while the gate waits for something, on every page under /pitch."""
    found = checklist(session, application)
    if not found.pitch_unlocked:
        raise PitchClosed(found)


@recording.asks_consent
def may_be_recorded(session: Session, application_id: int) -> tuple[bool, datetime] | None:
    """Return the answer to the question about recording as it is worded now, and when it was given; None: none yet."""
    answer = consents(session, application_id).get(ConsentKind.RECORDING)
    version = next(text.version for text in CONSENT_TEXTS if text.kind is ConsentKind.RECORDING)
    known = answer is not None and answer.text_version == version
    return (answer.agreed, answer.answered_at) if answer is not None and known else None


def pitch_interview(session: Session, application: Application) -> Interview | None:
    """Return the latest pitch interview of an application, with its panel, whatever the gate says."""
    interviews = hiring.interviews_of(session, [application.id])[application.id]
    return interviews[-1] if interviews else None


def panel_size(session: Session, application: Application) -> int:
    """Return how many people will rate: the interview's panel, or the planned one before it is scheduled."""
    interview = pitch_interview(session, application)
    if interview is not None:
        return len(interview.seats)
    return len(hiring.plan_seats(session, hiring.plan_step(session, application.job_id)))


@hiring.on_preparation
def note_prepared(session: Session, application: Application, now: datetime) -> None:
    """Move an application to Ready when all that is asked of it is done; does nothing before or after."""
    if not _has_reached(application, Stage.READY) and checklist(session, application).is_prepared:
        hiring.advance(session, application, Stage.READY, now=now)
        audit.record(session, SYSTEM, "prep:completed", "application", application.id, now=now)


def is_unnoted(application: Application, found: Checklist) -> bool:
    """Say whether a complete preparation was not noted yet, because less is asked now than before."""
    return found.is_prepared and not _has_reached(application, Stage.READY)


def _has_reached(application: Application, stage: Stage) -> bool:
    return STAGES.index(Stage(application.stage)) >= STAGES.index(stage)


@watch.asks_about
def content_questions(session: Session, material_id: int, part: Range) -> list[ContentQuestion]:
    """Return what the job's question bank can ask at a checkpoint about the part of a film before it."""
    found = knowledge.questions_about(session, material_id, *part)
    return [ContentQuestion(one.question_id, one.prompt, tuple(one.options), one.right) for one in found]


# -- links that nobody can observe: watch knows them, knowledge asks more because of them ----------------------------


@knowledge.unobserved_material
def _required_links(session: Session, job_ids: Collection[int]) -> dict[int, list[Timeline]]:
    found: dict[int, list[Timeline]] = {}
    for link in watch.required_links(session, job_ids):
        found.setdefault(link.job_id, []).append(Timeline(link.material_id, link.title, link.duration_ms))
    return found


@watch.on_requiring_link
def _bank_for(session: Session, link: watch.Link) -> str:
    return knowledge.shortfall(session, link.job_id, Timeline(link.material_id, link.title, link.duration_ms))


# -- for the board and the team ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """Where an application's preparation stands, for a row of the board."""

    pct: int
    state: ItemState
    knowledge_words: str


def progress_of(session: Session, application_ids: Sequence[int]) -> dict[int, Progress]:
    """Return how far each application's preparation is, in constant queries."""
    applications = session.scalars(
        select(Application).where(Application.id.in_(application_ids)).options(joinedload(Application.job))
    ).all()
    return {
        one: Progress(found.pct, found.state, found.knowledge_words)
        for one, found in checklists(session, applications).items()
    }


@dataclass(frozen=True)
class Record:
    """What the product found about one application's preparation, for the team. Never more than was observed."""

    is_kept: bool  # with the gate Off nothing is shown
    summary: Summary
    films: tuple[MaterialProgress, ...]
    signals: Mapping[int, tuple[Signal, ...]]  # by material; advisory
    knowledge_words: str

    @property
    def has_signals(self) -> bool:
        """Say whether there is anything that a reviewer may want to ask about."""
        return any(self.signals.get(film.material_id) for film in self.films)


def record_of(session: Session, application: Application) -> Record:
    """Return the team's record. Who may see it, and when, is decided by the rooms that ask."""
    found = checklist(session, application)
    return Record(
        is_kept=found.gate is not Gate.OFF,
        summary=watch.summary_for_team(session, [application.id])[application.id],
        films=tuple(watch.progress_of(session, [application.id])[application.id]),
        signals=watch.signals_of(session, application),
        knowledge_words=found.knowledge_words,
    )


def is_on_a_panel(session: Session, application: Application, actor: Actor) -> bool:
    """Say whether this person rates this application, so that the record waits behind the own scorecard."""
    place = hiring.place_of_application(session, actor, application.id)
    return place is not None and place.seated


# -- consent -------------------------------------------------------------------------------------------------------


def consents(session: Session, application_id: int) -> dict[ConsentKind, ConsentAnswer]:
    """Return the newest answer to each consent question that was answered."""
    return _consents(session, [application_id]).get(application_id, {})


def _consents(session: Session, application_ids: Sequence[int]) -> dict[int, dict[ConsentKind, ConsentAnswer]]:
    newest = (
        select(func.max(ConsentAnswer.id))
        .where(ConsentAnswer.application_id.in_(application_ids))
        .group_by(ConsentAnswer.application_id, ConsentAnswer.kind)
    )
    found: dict[int, dict[ConsentKind, ConsentAnswer]] = {}
    for row in session.scalars(select(ConsentAnswer).where(ConsentAnswer.id.in_(newest))):
        found.setdefault(row.application_id, {})[ConsentKind(row.kind)] = row
    return found


def answer_consents(session: Session, actor: Actor, answers: Mapping[ConsentKind, bool], *, now: datetime) -> None:
    """Keep a candidate's answers; an unchanged one is not written twice. Refusing changes nothing else."""
    application = own_application(session, actor)
    before = consents(session, application.id)
    for text in CONSENT_TEXTS:
        known = before.get(text.kind)
        agreed = answers[text.kind]
        if known is not None and known.text_version == text.version and known.agreed == agreed:
            continue
        session.add(
            ConsentAnswer(
                application_id=application.id,
                kind=text.kind,
                agreed=agreed,
                text_version=text.version,
                answered_at=now,
            )
        )
        session.flush()
        audit.record(
            session,
            actor,
            "prep:consent-answered",
            "application",
            application.id,
            {"kind": text.kind.value, "agreed": agreed, "text_version": text.version},
            now=now,
        )
        if text.kind is ConsentKind.RECORDING and not agreed:
            recording.withdraw_recordings(session, actor, application.id, now=now)
    note_prepared(session, application, now)


# -- what candidates ask for ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """What a candidate asks for."""

    kind: RequestKind
    text: str = ""
    material_id: int | None = None


def ask(session: Session, actor: Actor, wish: Wish, *, now: datetime) -> bool:
    """Keep what a candidate asks for and say whether it is new: the same wish while one is open is not doubled.

    Raises Invalid for an empty or too long question, Conflict when too many requests are open.
    """
    application = session.get_one(Application, own_application(session, actor).id, with_for_update=True)
    if wish.kind is RequestKind.QUESTION and not wish.text:
        raise Invalid("Write your question first.", fields={"text": "Write your question first."})
    if len(wish.text) > TEXT_MAX:
        sentence = f"Shorten your text to {TEXT_MAX} characters."
        raise Invalid(sentence, fields={"text": sentence})
    if wish.material_id is not None:
        _check_offered(session, application, wish.material_id)
    waiting = [one for one in requests_of(session, application.id) if one.settlement is None]
    if any((one.kind, one.text, one.material_id) == (wish.kind, wish.text, wish.material_id) for one in waiting):
        return False
    if len(waiting) >= OPEN_REQUESTS_MAX:
        raise Conflict("You have asked for several things that are not answered yet. Please wait for an answer first.")
    request = PrepRequest(
        application_id=application.id, kind=wish.kind, text=wish.text, material_id=wish.material_id, asked_at=now
    )
    session.add(request)
    session.flush()
    hiring.advance(session, application, Stage(application.stage), now=now)
    audit.record(session, actor, "prep:help-asked", "prep_request", request.id, {"kind": wish.kind.value}, now=now)
    return True


def _check_offered(session: Session, application: Application, material_id: int) -> None:
    if material_id not in {one.material_id for one in watch.progress_of(session, [application.id])[application.id]}:
        raise NotFound("There is no such material on your checklist.")


def requests_of(session: Session, application_id: int) -> list[PrepRequest]:
    """Return what was asked for on one application, newest first, with how it was settled."""
    return _requests(session, PrepRequest.application_id == application_id)


def requests_open(session: Session, actor: Actor) -> list[PrepRequest]:
    """Return what waits for an answer on the jobs where this person may give one, oldest first."""
    condition = ~PrepRequest.settlement.has()
    if actor.role is not Role.RECRUITER:
        jobs = {job_id for job_id, role in actor.memberships if role in MAY["prep.settle"]}
        condition &= PrepRequest.application.has(Application.job_id.in_(jobs))
    return _requests(session, condition)[::-1]


def _requests(session: Session, condition: ColumnElement[bool]) -> list[PrepRequest]:
    return list(
        session.scalars(
            select(PrepRequest)
            .where(condition)
            .options(
                joinedload(PrepRequest.application).joinedload(Application.candidate),
                joinedload(PrepRequest.application).joinedload(Application.job),
                joinedload(PrepRequest.material),
                joinedload(PrepRequest.settlement).joinedload(PrepSettlement.settled_by),
            )
            .order_by(PrepRequest.id.desc())
        )
    )


def place_of_request(session: Session, actor: Actor, request_id: int) -> Place | None:
    """Return the place of the application that a request belongs to, or None when there is none."""
    found = session.get(PrepRequest, request_id)
    return None if found is None else hiring.place_of_application(session, actor, found.application_id)


ON_THEIR_WORD: Final = "Counted on the candidate's word that watching did not count."


def settle(
    session: Session, actor: Actor, request_id: int, reply: str, *, counts: bool = False, now: datetime
) -> PrepRequest:
    """Settle a request, with words for the candidate where there are any; `counts` counts what did not count.

    Raises NotFound, Invalid for too long a reply or a question without one, Conflict when it is settled already.
    """
    request = session.get(PrepRequest, request_id, with_for_update=True)
    if request is None:
        raise NotFound("There is no such request.")
    if request.settlement is not None:
        raise Conflict(f"{request.settlement.settled_by.name} has settled this already.")
    if request.kind == RequestKind.QUESTION and not reply:
        sentence = "Write an answer: the candidate asked a question and reads it on the status page."
        raise Invalid(sentence, fields={"reply": sentence})
    if len(reply) > TEXT_MAX:
        raise Invalid(f"Shorten the answer to {TEXT_MAX} characters.", fields={"reply": "Shorten the answer."})
    if counts:
        if request.material_id is None:
            raise Invalid("The candidate did not say which material. Count it on the prep record.")
        watch.count_by_hand(session, actor, request.application, request.material_id, ON_THEIR_WORD, now=now)
        reply = reply or "It counts now."
    assert actor.person_id is not None
    request.settlement = PrepSettlement(settled_by_id=actor.person_id, settled_at=now, reply=reply)
    session.flush()
    audit.record(session, actor, "prep:help-answered", "prep_request", request.id, {"kind": str(request.kind)}, now=now)
    return request
