"""Use cases of outcomes: what is due, what was entered, enter or correct one. Knows no web and no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import Actor, Role
from interview.debrief import service as debrief
from interview.debrief.models import Decision
from interview.debrief.rules import Outcome as Decided
from interview.errors import Conflict, Invalid
from interview.hiring.models import Application
from interview.outcome import rules
from interview.outcome.models import HireOutcome
from interview.outcome.rules import Outcome
from interview.scorecard import service as scorecard


class OutcomeChanged(Conflict):
    """Somebody else entered this outcome meanwhile."""


@dataclass(frozen=True)
class History:
    """A hire and what was entered since, by months; `hired_on` is None for who is not hired."""

    hired_on: date | None
    entered: Mapping[int, HireOutcome]
    asked: tuple[int, ...]

    @property
    def open_to(self) -> tuple[int, ...]:
        """The months that may be entered or corrected."""
        return tuple(sorted({*self.asked, *self.entered}))


def history(session: Session, actor: Actor, application_id: int, *, now: datetime) -> History:
    """Return what is known of a hire. Raises Forbidden for who owes a scorecard: it tells the decision."""
    debrief.check_owes_nothing(session, actor, application_id)
    decision = debrief.in_force(session, [application_id]).get(application_id)
    if decision is None or decision.outcome != Decided.HIRED:
        return History(None, {}, ())
    return _history(decision, _entered(session, [application_id])[application_id], now)


def _history(decision: Decision, entered: Mapping[int, HireOutcome], now: datetime) -> History:
    hired_on = decision.decided_at.date()
    known = {months: _outcome(row) for months, row in entered.items()}
    return History(hired_on, entered, rules.asked(known, hired_on=hired_on, today=now.date()))


def _entered(session: Session, application_ids: Sequence[int]) -> dict[int, dict[int, HireOutcome]]:
    found: dict[int, dict[int, HireOutcome]] = defaultdict(dict)
    rows = select(HireOutcome).where(HireOutcome.application_id.in_(application_ids)).order_by(HireOutcome.months)
    for row in session.scalars(rows.options(joinedload(HireOutcome.entered_by))):
        found[row.application_id][row.months] = row
    return found


def _outcome(row: HireOutcome) -> Outcome:
    return Outcome(row.is_still_here, row.ramp_months, row.quota_pct, row.note)


def enter(
    session: Session, actor: Actor, application_id: int, months: int, said: Outcome, *, edition: int, now: datetime
) -> HireOutcome:
    """Store an outcome, or correct it. `edition` is the one that was corrected, 0 for none.

    Raises Conflict for who is not hired, OutcomeChanged when a newer one is stored, Invalid with the fields."""
    assert actor.person_id is not None
    # Two first entries at once meet on the application's row; there is none of their own to lock yet.
    session.get(Application, application_id, with_for_update=True, populate_existing=True)
    found = history(session, actor, application_id, now=now)
    if found.hired_on is None:
        raise Conflict("Outcomes are entered for who is hired. No decision “Hired” is in force here.")
    if problems := rules.problems(said, months, found.open_to):
        raise Invalid("This outcome needs a correction.", fields=problems)
    row = found.entered.get(months)
    if (row.edition if row else 0) != edition:
        raise OutcomeChanged("Somebody else entered this outcome meanwhile. Yours is still in the form below.")
    if row is None:
        row = HireOutcome(application_id=application_id, months=months, edition=0)
        session.add(row)
    for name, value in asdict(said).items():
        setattr(row, name, value)
    row.edition, row.entered_by_id, row.entered_at = edition + 1, actor.person_id, now
    session.flush()
    audit.record(
        session, actor, "outcome:entered", "application", application_id, {"months": months, **asdict(said)}, now=now
    )
    return row


@dataclass(frozen=True)
class Due:
    """An outcome that is due: about whom, after how many months, since when."""

    application: Application
    months: int
    since: date


def due_for(session: Session, actor: Actor, *, now: datetime) -> tuple[Due, ...]:
    """Return the outcomes that wait for the actor, a hiring manager, the longest waiting first; constant queries."""
    own = [job_id for job_id, role in actor.memberships if role is Role.HIRING_MANAGER]
    if not own:
        return ()
    hired = session.scalars(
        select(Application)
        .where(
            Application.job_id.in_(own),
            Application.id.in_(select(Decision.application_id).where(Decision.outcome == Decided.HIRED)),
        )
        .options(joinedload(Application.candidate), joinedload(Application.job))
    ).all()
    ids = [one.id for one in hired]
    if not ids:
        return ()
    decided, entered = debrief.in_force(session, ids), _entered(session, ids)
    owed = scorecard.owed_among(session, actor, ids)
    found = []
    for one in hired:
        decision = decided.get(one.id)
        if decision is None or decision.outcome != Decided.HIRED or one.id in owed:
            continue
        past = _history(decision, entered[one.id], now)
        found += [Due(one, months, rules.due_on(decision.decided_at.date(), months)) for months in past.asked[:1]]
    return tuple(sorted(found, key=lambda due: (due.since, due.application.id)))
