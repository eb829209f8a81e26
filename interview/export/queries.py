"""The rows of an export: applications in the order of their ids, a few hundred at a time, as the exporter may see them.

Reads cards through the debrief's panels, so what is sealed there is sealed here; the record of the preparation stays
sealed for who owes a card. Knows no web and no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from interview.access import Actor
from interview.debrief import service as debrief
from interview.debrief.models import Decision
from interview.debrief.service import Panel
from interview.export.rules.cells import Cell
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview, Job
from interview.hiring.rules import Gate, Stage
from interview.prep import service as prep
from interview.prep.service import Progress
from interview.rubric.rules import POINTS
from interview.scorecard import service as scorecard
from interview.scorecard.service import Card
from interview.watch import service as watch
from interview.watch.rules.viewing import Viewing

CHUNK = 200
Row = tuple[str, tuple[Cell, ...]]


def rows(
    session: Session,
    actor: Actor,
    job: Job,
    stages: Sequence[Stage],
    keys: Sequence[str],
    url_of: Callable[[int], str],
    *,
    now: datetime,
) -> Iterator[Row]:
    """Yield (table, row) for every application, in the order of their ids, in a constant number of queries a chunk."""
    job_id, title, keeps_record = job.id, job.title, Gate(job.gate) is not Gate.OFF
    last_id = 0
    while chunk := _chunk(session, job_id, stages, last_id):
        ids = [one.id for one in chunk]
        panels = {panel.application_id: panel for panel in debrief.panels(session, actor, chunk, now=now)}
        decisions = debrief.in_force(session, ids)
        interviews = hiring.interviews_of(session, ids)
        progress = prep.progress_of(session, ids)
        for one in chunk:
            panel = panels[one.id]
            shown = progress.get(one.id) if keeps_record and not panel.is_owed else None
            yield (
                "candidates",
                (
                    *_candidate(one, title, panel, shown, interviews[one.id]),
                    *(_rounded(panel.attribute(key).mean) for key in keys),
                    *_decision(None if panel.is_owed else decisions.get(one.id), url_of(one.id)),
                ),
            )
            for card in panel.cards:
                yield from _card(one, card)
        last_id = ids[-1]
        session.expunge_all()


def viewings(
    session: Session, actor: Actor, job: Job, stages: Sequence[Stage]
) -> Iterator[tuple[int, Sequence[Viewing]]]:
    """Yield each application's id and what was observed of its watching, in a constant number of queries a chunk.

    Nothing where the job keeps no record of the preparation or where the actor's own scorecard is due."""
    job_id, keeps_record = job.id, Gate(job.gate) is not Gate.OFF
    last_id = 0
    while keeps_record and (chunk := _chunk(session, job_id, stages, last_id)):
        ids = [one.id for one in chunk]
        owed = scorecard.owed_among(session, actor, ids)
        found = watch.viewings_of(session, [one for one in ids if one not in owed])
        yield from found.items()
        last_id = ids[-1]
        session.expunge_all()


def _chunk(session: Session, job_id: int, stages: Sequence[Stage], after_id: int) -> Sequence[Application]:
    query = select(Application).where(Application.job_id == job_id, Application.id > after_id)
    if stages:
        query = query.where(Application.stage.in_(stages))
    return session.scalars(query.options(joinedload(Application.candidate)).order_by(Application.id).limit(CHUNK)).all()


def _candidate(
    one: Application, title: str, panel: Panel, shown: Progress | None, interviews: Sequence[Interview]
) -> tuple[Cell, ...]:
    rubrics = {card.chosen.version_id: card.chosen.rubric for card in panel.cards}
    spread = panel.composite
    return (
        str(one.id),
        one.candidate.name,
        one.candidate.email,
        title,
        str(one.stage),
        one.created_at,
        shown.state.value if shown else None,
        shown.pct if shown else None,
        shown.knowledge_words if shown else None,
        interviews[-1].starts_at if interviews else None,
        panel.progress.submitted_count,
        panel.progress.seat_count,
        _yes(panel.is_sealed),
        "; ".join(sorted({found.name for found in rubrics.values()})),
        "; ".join(sorted({str(found.version) for found in rubrics.values()})),
        _rounded(spread.mean),
        spread.count,
        _rounded(spread.range) if spread.count > 1 and not spread.is_split else None,
        _counted(card.draft.recommendation for card in panel.cards),
        _counted(card.draft.would_buy for card in panel.cards),
    )


def _decision(row: Decision | None, url: str) -> tuple[Cell, ...]:
    if row is None:
        return (None, None, None, None, None, url)
    return (
        str(row.outcome),
        row.rejection and str(row.rejection),
        row.reason,
        row.decided_by.name,
        row.decided_at,
        url,
    )


def _card(one: Application, card: Card) -> Iterator[Row]:
    name, draft, chosen = one.candidate.name, card.draft, card.chosen
    yield (
        "scorecards",
        (
            str(card.scorecard_id),
            str(one.id),
            name,
            str(card.interview_id),
            str(card.person_id),
            card.person_name,
            chosen.rubric.name,
            chosen.rubric.version,
            draft.would_buy and str(draft.would_buy),
            draft.recommendation and str(draft.recommendation),
            _rounded(card.composite.mean),
            _rounded(card.original_composite.mean),
            round(100 * card.composite.observed_share),
            draft.takeaways,
            card.submitted_at,
        ),
    )
    for attribute in chosen.attributes:
        rating = draft.rating(attribute.key)
        yield (
            "ratings",
            (
                str(one.id),
                name,
                str(card.interview_id),
                str(card.scorecard_id),
                chosen.rubric.version,
                attribute.key,
                attribute.name,
                str(card.person_id),
                card.person_name,
                rating.value,
                _yes(rating.not_observed),
                card.value(attribute.key) if (revised := card.revisions_of(attribute.key)) else None,
                "\n".join(one.reason for one in revised),
                POINTS[0],
                POINTS[-1],
                chosen.weights[attribute.key],
                rating.note,
                "\n".join(str(found.segment_id) for found in rating.citations if found.segment_id is not None),
                "\n".join(_clock(found.start_ms) for found in rating.citations if found.start_ms is not None),
                "\n".join(found.quote for found in rating.citations),
                card.submitted_at,
                "yes",
            ),
        )
        for found in rating.citations:
            segment = None if found.segment_id is None else str(found.segment_id)
            start = None if found.start_ms is None else _clock(found.start_ms)
            yield (
                "evidence",
                (
                    str(one.id),
                    name,
                    str(card.scorecard_id),
                    card.person_name,
                    attribute.key,
                    attribute.name,
                    segment,
                    found.start_ms,
                    start,
                    found.quote,
                ),
            )


def _rounded(mean: float | None) -> float | None:
    return None if mean is None else round(mean, 1)


def _yes(said: bool) -> str | None:
    return "yes" if said else None


def _clock(ms: int) -> str:
    return f"{ms // 60_000:02d}:{ms // 1000 % 60:02d}"


def _counted(given: Iterator[object]) -> str:
    counts = Counter(str(one) for one in given if one is not None)
    return "; ".join(f"{word} {count}" for word, count in sorted(counts.items()))
