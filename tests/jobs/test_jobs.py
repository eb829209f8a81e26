"""Background jobs without the engine: the outbox, one attempt, waiting longer, giving up, what an admin sees."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview import jobs
from interview.db import writing
from interview.errors import Conflict, NotFound
from interview.jobs import BackgroundJob, State
from tests.jobs import trial_work
from tests.jobs.conftest import Place
from tests.support.clock import HandClock

NOON = HandClock().at
DOORS = None  # these kinds of work open no door


def enqueue(place: Place, kind: str, key: str | None = None, **payload: object) -> int:
    with place.sessions() as session, writing(session):
        return jobs.enqueue(session, kind, payload, now=NOON, key=key)


def row(place: Place, job_id: int) -> BackgroundJob:
    with place.sessions() as session:
        return session.get_one(BackgroundJob, job_id)


def attempt(place: Place, job_id: int, clock: HandClock) -> BackgroundJob:
    jobs.perform(place.sessions, job_id, row(place, job_id).round, worker="w", clock=clock, doors=DOORS)
    return row(place, job_id)


def test_effect_and_done_mark_are_stored_together(place: Place, clock: HandClock) -> None:
    job_id = enqueue(place, "trial.note", what="a")
    done = attempt(place, job_id, clock)
    assert (done.state, done.result, done.attempt_count) == (State.DONE, '{"noted": "a"}', 1)
    assert place.effects() == ["a"]


def test_a_second_run_finds_it_done_and_does_nothing(place: Place, clock: HandClock) -> None:
    job_id = enqueue(place, "trial.note", what="a")
    for _ in range(3):
        attempt(place, job_id, clock)
    assert place.effects() == ["a"]
    assert row(place, job_id).attempt_count == 1


def test_what_is_rolled_back_was_never_enqueued(place: Place) -> None:
    with pytest.raises(ZeroDivisionError), place.sessions() as session, writing(session):
        jobs.enqueue(session, "trial.note", {"what": "a"}, now=NOON) / 0
    with place.sessions() as session:
        assert jobs.due(session, now=NOON, count_max=10) == []


def test_one_key_is_one_job_and_the_transaction_lives_on(place: Place) -> None:
    first = enqueue(place, "trial.note", key="mail-7", what="a")
    with place.sessions() as session, writing(session):
        trial_work.note(session, "before")
        again = jobs.enqueue(session, "trial.note", {"what": "b"}, now=NOON, key="mail-7")
        trial_work.note(session, "after")
    assert again == first
    assert place.effects() == ["after", "before"]
    assert row(place, first).payload == '{"what": "a"}'


def test_a_kind_nobody_handles_is_refused_at_once(place: Place) -> None:
    with pytest.raises(LookupError, match=r"trial\.unknown"):
        enqueue(place, "trial.unknown")


def test_a_kind_from_another_version_is_set_aside_with_the_reason(
    place: Place, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = enqueue(place, "trial.note", what="a")
    monkeypatch.delitem(jobs._kinds, "trial.note")
    failed = attempt(place, job_id, clock)
    assert failed.state is State.FAILED
    assert "trial.note" in failed.error


def test_a_failing_job_waits_longer_each_time_and_then_fails_with_why(place: Place, clock: HandClock) -> None:
    job_id = enqueue(place, "trial.refuse", why="no mail server")
    for waited_s in (2, 8):
        failed = attempt(place, job_id, clock)
        assert (failed.state, failed.due_at) == (State.WAITING, clock.at + timedelta(seconds=waited_s))
        with place.sessions() as session:
            clock.forward(seconds=waited_s - 1)
            assert jobs.due(session, now=clock.now(), count_max=9) == []
            clock.forward(seconds=1)
            assert len(jobs.due(session, now=clock.now(), count_max=9)) == 1
    last = attempt(place, job_id, clock)
    assert (last.state, last.error, last.attempt_count) == (State.FAILED, "RuntimeError: no mail server", 3)
    assert place.effects() == []


def test_giving_up_fails_at_once(place: Place, clock: HandClock) -> None:
    job_id = enqueue(place, "trial.refuse", why="This is not a video.", hopeless=True)
    failed = attempt(place, job_id, clock)
    assert (failed.state, failed.error, failed.attempt_count) == (State.FAILED, "This is not a video.", 1)


def test_an_answer_is_asked_for_once_however_often_its_use_fails(
    place: Place, clock: HandClock, tmp_path: Path
) -> None:
    job_id = enqueue(place, "trial.ask", folder=str(tmp_path))
    attempt(place, job_id, clock)
    attempt(place, job_id, clock)
    (tmp_path / "usable").touch()
    assert attempt(place, job_id, clock).state is State.DONE
    assert (tmp_path / "asked").read_text() == "asked\n"
    assert place.effects() == ["42"]


def test_a_round_that_was_taken_back_no_longer_does_anything(place: Place, clock: HandClock) -> None:
    job_id = enqueue(place, "trial.note", what="a")
    with place.sessions() as session, writing(session):
        jobs.take_back(session, [jobs.Handed(job_id, 1)], now=NOON)
    jobs.perform(place.sessions, job_id, 1, worker="late", clock=clock, doors=DOORS)
    assert place.effects() == []
    attempt(place, job_id, clock)
    assert place.effects() == ["a"]


def test_retry_gives_a_failed_job_all_its_attempts_again(place: Place, clock: HandClock) -> None:
    job_id = enqueue(place, "trial.refuse", why="no mail server", hopeless=True)
    attempt(place, job_id, clock)
    with place.sessions() as session, writing(session):
        jobs.retry(session, job_id, now=clock.at)
    waiting = row(place, job_id)
    assert (waiting.state, waiting.attempt_count, waiting.round) == (State.WAITING, 0, 2)


def test_retry_refuses_what_has_not_failed(place: Place) -> None:
    job_id = enqueue(place, "trial.note", what="a")
    with place.sessions() as session, writing(session):
        with pytest.raises(Conflict, match="waiting"):
            jobs.retry(session, job_id, now=NOON)
        with pytest.raises(NotFound):
            jobs.retry(session, job_id + 1, now=NOON)


def test_health_names_what_is_missing(place: Place) -> None:
    enqueue(place, "trial.note", what="a")
    with place.sessions() as session, writing(session):
        assert "flask --app wsgi work" in jobs.health(session, NOON).sentence
        jobs.be_seen(session, "w", started_at=NOON, now=NOON)
        assert jobs.health(session, NOON + timedelta(seconds=14)) == jobs.Health(True, "ok")
        assert not jobs.health(session, NOON + timedelta(seconds=16)).is_ok
        jobs.be_seen(session, "w", started_at=NOON, now=NOON + timedelta(minutes=5))
        assert jobs.health(session, NOON + timedelta(minutes=5)).sentence == (
            "ok, but the oldest waiting job is due for 300 s"
        )
        jobs.leave(session, "w")
        assert not jobs.health(session, NOON + timedelta(minutes=5)).is_ok


def test_listing_pages_by_id_and_counts_by_state(place: Place, clock: HandClock) -> None:
    ids = [enqueue(place, "trial.note", what=str(number)) for number in range(5)]
    attempt(place, ids[0], clock)
    with place.sessions() as session:
        first = jobs.listing(session, State.WAITING, count_max=3)
        rest = jobs.listing(session, State.WAITING, before_id=first[-1].id, count_max=3)
        assert [one.id for one in first + rest] == ids[:0:-1]
        assert jobs.counts(session) == {State.WAITING: 4, State.RUNNING: 0, State.FAILED: 0, State.DONE: 1}


def test_done_jobs_are_forgotten_after_a_month_and_others_never(place: Place, clock: HandClock) -> None:
    done, failed = enqueue(place, "trial.note", what="a"), enqueue(place, "trial.refuse", why="x", hopeless=True)
    for job_id in (done, failed):
        attempt(place, job_id, clock)
    with place.sessions() as session, writing(session):
        jobs.clear_old(session, now=NOON + timedelta(days=31))
    with place.sessions() as session:
        assert [one.id for state in State for one in jobs.listing(session, state)] == [failed]


@given(st.integers(1, 60), st.integers(1, 60))
def test_waiting_never_gets_shorter_and_never_passes_an_hour(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert jobs.wait_after(shorter) <= jobs.wait_after(longer) <= timedelta(hours=1)
