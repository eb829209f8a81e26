"""Checkpoints over HTTP: issued by a live beat, single use, bound, re-issued, resting; accommodations."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from interview.db import writing
from interview.hiring.models import Application
from interview.watch import service
from interview.watch.models import CheckpointIssue, Watch
from interview.watch.rules.checkpoints import ContentQuestion
from interview.watch.rules.material import Accommodation, VersionState
from interview.watch.rules.ranges import Range, decode, encode
from interview.watch.service import checkpoints
from tests.support.cast import Cast
from tests.support.clock import HandClock
from tests.watch.conftest import Films, Look, Player

AT_MS = 100_000


@pytest.fixture
def at_check(player: Player, session: Session) -> Player:
    """Cleo's player just before a checkpoint at 1:40, the only one of the film."""
    _place(session, ((80_000, AT_MS),))
    player.play(0, 90_000)
    return player


def _place(session: Session, waiting: tuple[Range, ...]) -> None:
    with writing(session):
        row = session.scalars(select(Watch)).one()
        row.waiting, row.check_count = encode(waiting), len(waiting)


def _wrong(shown: dict) -> str:
    return next(one for one in shown["options"] if one != shown["prompt"].rpartition(" ")[2])


def _reach(player: Player) -> dict:
    """Play the ten seconds up to the checkpoint and return it."""
    return player.play(90_000, AT_MS, answers=False)["checkpoint"]


def test_a_live_beat_at_its_place_brings_it(at_check: Player) -> None:
    shown = _reach(at_check)
    assert shown.keys() == {"n", "id", "kind", "prompt", "options", "ttl_s"}
    assert (shown["n"], shown["kind"], shown["ttl_s"], len(shown["options"])) == (1, "word", 120, 4)
    assert len(shown["id"]) == 22


def test_the_right_answer_confirms_it_once_and_for_all(at_check: Player, clock: HandClock, session: Session) -> None:
    shown = _reach(at_check)
    clock.forward(seconds=2)
    told = at_check.tick(shown)
    assert (told["right"], told["checks"], told["confirmed"], told["replay_ms"]) == (True, 1, 1, None)
    assert at_check.answer(shown["id"], 0).status_code == 409
    assert at_check.answer(shown["id"], 0).get_json()["reason"] == "used"
    assert at_check.play(100_000, 110_000)["checkpoint"] is None
    assert at_check.play(110_000, 600_000)["done"] is True


def test_the_last_answer_completes_what_was_covered(at_check: Player, session: Session) -> None:
    shown = at_check.play(90_000, 120_000, answers=False)["checkpoint"]
    at_check.play(120_000, 600_000, answers=False)
    behind = at_check.send(pos=600_000)
    assert (behind["pct"], behind["done"], behind["missing"]) == (99, False, [])
    assert behind["unconfirmed"] == [[80_000, 140_000]]
    shown = at_check.play(80_000, 110_000, answers=False)["checkpoint"]
    told = at_check.tick(shown)
    assert (told["done"], told["pct"]) == (True, 100)
    session.rollback()
    assert session.scalars(select(Watch)).one().done_at is not None


def test_a_wrong_word_takes_nothing_away_and_a_new_one_comes(at_check: Player, clock: HandClock, look: Look) -> None:
    shown = _reach(at_check)
    covered = look.watch(at_check_candidate(look), at_check.material_id)
    told = at_check.answer(shown["id"], _wrong(shown)).get_json()
    assert (told["right"], told["confirmed"]) == (False, 0)
    assert look.watch(at_check_candidate(look), at_check.material_id).covered == covered.covered
    clock.forward(seconds=1)
    again = at_check.send(pos=AT_MS, state="paused")["checkpoint"]
    assert again["id"] != shown["id"]
    assert at_check.tick(again)["right"] is True


def at_check_candidate(look: Look) -> int:
    return look.session.scalars(select(Watch.candidate_id)).one()


def test_time_is_measured_here_and_after_it_the_checkpoint_comes_again(at_check: Player, clock: HandClock) -> None:
    shown = _reach(at_check)
    clock.forward(seconds=60)
    same = at_check.send(pos=AT_MS, state="paused")["checkpoint"]
    assert (same["id"], same["ttl_s"]) == (shown["id"], 60)
    clock.forward(seconds=61)
    late = at_check.answer(shown["id"], 0)
    assert (late.status_code, late.get_json()["reason"]) == (410, "expired")
    for _ in range(5):  # missed again and again: a telephone call
        clock.forward(seconds=121)
        shown = at_check.send(pos=AT_MS, state="paused")["checkpoint"]
    assert at_check.tick(shown)["right"] is True


def test_32_unknown_guessed_and_foreign_ids_do_not_exist(at_check: Player, cast: Cast) -> None:
    shown = _reach(at_check)
    assert at_check.answer("A" * 22, 0).status_code == 404
    assert at_check.answer("../../etc", 0).status_code == 404
    cato = Player(cast.browser("cato"), at_check.clock, at_check.material_id).open()
    assert cato.answer(shown["id"], 0).status_code == 404
    assert cato.answer(shown["id"], 0, lease=at_check.lease).status_code == 404
    assert at_check.tick(shown)["right"] is True


def test_another_session_takes_the_question_over(at_check: Player, cast: Cast, clock: HandClock) -> None:
    shown = _reach(at_check)
    laptop = Player(cast.browser("cleo"), clock, at_check.material_id).open()
    refused = at_check.answer(shown["id"], 0)
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "superseded")
    assert laptop.answer(shown["id"], 0).status_code == 404
    assert laptop.tick(laptop.send(pos=AT_MS)["checkpoint"])["right"] is True


def test_a_superseded_session_is_asked_nothing(at_check: Player, cast: Cast, clock: HandClock) -> None:
    clock.forward(seconds=10)
    Player(cast.browser("cleo"), clock, at_check.material_id).open()
    late = at_check.post(at_check.beat((90_000, 100_000), pos=AT_MS)).get_json()
    assert (late["reason"], late["credited_ms"], late["checkpoint"]) == ("superseded", 10_000, None)


def test_33_ten_wrong_answers_are_enough_for_an_hour(at_check: Player, clock: HandClock) -> None:
    shown = _reach(at_check)
    for number in range(10):
        answer = at_check.answer(shown["id"], _wrong(shown))
        assert answer.status_code == (200 if number < 9 else 429)
        clock.forward(seconds=1)
        shown = at_check.send(pos=AT_MS)["checkpoint"] or shown
    assert answer.get_json()["reason"] == "too_many_wrong"
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600
    assert at_check.send(pos=AT_MS)["checkpoint"] is None
    assert at_check.answer(shown["id"], 0).status_code == 429
    clock.forward(hours=1)
    assert at_check.tick(at_check.send(pos=AT_MS)["checkpoint"])["right"] is True


@pytest.mark.parametrize(
    "body", [{}, {"answer": None}, {"answer": True}, {"answer": [0]}, {"answer": 0, "right": True}]
)
def test_an_answer_that_is_none_is_refused(at_check: Player, body: dict, session: Session) -> None:
    shown = _reach(at_check)
    path = f"/watch/lease/{at_check.lease}/checkpoint/{shown['id']}"
    refused = at_check.browser.post(path, json=body, headers={"X-CSRFToken": at_check.token})
    assert refused.status_code == 422
    assert at_check.browser.post(path, json={"answer": 0}).status_code == 403  # no token
    assert at_check.tick(shown)["right"] is True


def test_positions_and_right_answers_are_sent_nowhere(at_check: Player, cast: Cast) -> None:
    before = at_check.send()
    assert before["unconfirmed"] == []
    page = cast.browser("cleo").get(f"/prep/material/{at_check.material_id}").text
    for place in (str(AT_MS), "80000"):
        assert place not in page
        assert place not in str(at_check.opened)
    shown = _reach(at_check)
    assert "right" not in shown
    assert "right" not in str(at_check.send(pos=AT_MS))


def test_29_an_hour_idle_and_one_long_beat_leave_the_checkpoints_open(player: Player, clock: HandClock) -> None:
    clock.forward(minutes=30)
    answer = player.send((0, 600_000), state="ended")
    assert (answer["covered_ms"], answer["done"], answer["pct"], answer["confirmed"]) == (600_000, False, 99, 0)


def test_quick_answers_are_taken_and_counted(at_check: Player, session: Session) -> None:
    shown = _reach(at_check)
    assert at_check.tick(shown)["right"] is True
    session.rollback()
    issue = session.scalars(select(CheckpointIssue)).one()
    assert issue.answered_ms is not None
    assert issue.answered_ms - issue.issued_ms < 1000


# -- questions about the content -----------------------------------------------------------------------------------


@pytest.fixture
def two_questions(monkeypatch: pytest.MonkeyPatch) -> list[Range]:
    """A bank with two questions about whatever was shown last."""
    asked_for: list[Range] = []

    def source(_session: Session, _material_id: int, part: Range) -> list[ContentQuestion]:
        asked_for.append(part)
        return [
            ContentQuestion(1, "Who buys it?", ("yes", "no"), 0),
            ContentQuestion(2, "Who sells it?", ("yes", "no"), 0),
        ]

    monkeypatch.setattr(checkpoints, "_questions", [source])
    return asked_for


def test_a_wrong_answer_about_the_content_shows_the_last_minute_again(
    at_check: Player, two_questions: list[Range], clock: HandClock
) -> None:
    shown = _reach(at_check)
    assert (shown["kind"], two_questions) == ("question", [(0, AT_MS)])
    told = at_check.answer(shown["id"], "no").get_json()
    assert (told["right"], told["replay_ms"]) == (False, 40_000)
    clock.forward(seconds=10)
    assert at_check.send(pos=AT_MS)["checkpoint"] is None  # the minute is not over
    again = at_check.play(40_000, AT_MS, answers=False)["checkpoint"]
    assert again["kind"] == "question"
    assert again["prompt"] != shown["prompt"]
    assert at_check.answer(again["id"], "yes").get_json()["right"] is True


def test_when_the_bank_is_used_up_a_word_is_enough(
    at_check: Player, two_questions: list[Range], clock: HandClock
) -> None:
    shown = _reach(at_check)
    for _ in range(2):
        at_check.answer(shown["id"], "no")
        shown = at_check.play(40_000, AT_MS, answers=False)["checkpoint"]
    assert shown["kind"] == "word"
    assert at_check.tick(shown)["right"] is True


# -- accommodations ------------------------------------------------------------------------------------------------


def _allow(session: Session, cast: Cast, kind: Accommodation | None) -> None:
    with writing(session):
        application = session.get_one(Application, cast.cleo_id)
        service.set_allowance(session, cast.actor("rita"), application, kind, now=cast.clock.now())


def test_without_a_timer_an_answer_is_never_late(
    at_check: Player, cast: Cast, session: Session, clock: HandClock
) -> None:
    _allow(session, cast, Accommodation.NO_TIMER)
    _place(session, ((80_000, AT_MS),))
    shown = _reach(at_check)
    assert shown["ttl_s"] is None
    clock.forward(hours=5)
    assert at_check.tick(shown)["right"] is True


def test_without_checkpoints_coverage_is_enough(player: Player, cast: Cast, session: Session) -> None:
    _allow(session, cast, Accommodation.NONE)
    answer = player.play(0, 600_000, answers=False)
    assert (answer["checks"], answer["done"]) == (0, True)


def test_an_accommodation_that_comes_late_completes_what_was_covered(
    player: Player, cast: Cast, session: Session
) -> None:
    assert player.play(0, 600_000, answers=False)["done"] is False
    _allow(session, cast, Accommodation.NONE)
    session.rollback()
    assert service.progress_of(session, [cast.cleo_id])[cast.cleo_id][0].state == "done"


def test_what_was_confirmed_stays_confirmed_when_the_rest_is_drawn_anew(
    player: Player, cast: Cast, session: Session, films: Films
) -> None:
    player.play(0, 300_000)
    session.rollback()
    row = session.scalars(select(Watch)).one()
    assert (row.check_count, len(decode(row.waiting))) == (2, 1)
    _allow(session, cast, Accommodation.FEWER)
    _allow(session, cast, None)
    session.rollback()
    row = session.scalars(select(Watch)).one()
    assert (row.check_count, len(decode(row.waiting))) == (2, 1)
    assert decode(row.waiting)[0][1] >= 320_000


# -- what a fresh pair of eyes found -------------------------------------------------------------------------------


def test_the_team_reads_the_same_of_everybody(player: Player, cast: Cast, session: Session, clock: HandClock) -> None:
    _allow(session, cast, Accommodation.FEWER)
    player.play(0, 600_000)
    other = Player(cast.browser("cato"), clock, player.material_id).open()
    other.play(0, 600_000)
    session.rollback()
    found = service.progress_of(session, [cast.cleo_id, cast.cato_id])
    assert found[cast.cleo_id][0].sentence == found[cast.cato_id][0].sentence
    assert found[cast.cleo_id][0].sentence.endswith("2/2 checkpoints")
    assert player.send()["checks"] == 1  # the candidate's own page says what is asked


def test_what_is_excluded_later_leaves_no_checkpoint_out_of_reach(at_check: Player, session: Session) -> None:
    with writing(session):
        service.material(session, at_check.material_id).ready.excluded = encode(((85_000, 125_000),))
    at_check.play(125_000, 600_000)
    behind = at_check.send(pos=600_000)
    assert (behind["done"], behind["missing"], behind["unconfirmed"]) == (False, [], [[80_000, 140_000]])
    shown = at_check.play(80_000, 110_000, answers=False)["checkpoint"]
    assert at_check.tick(shown)["done"] is True


def test_49_a_page_of_the_old_version_opens_nothing(player: Player, films: Films) -> None:
    films.replace(player.material_id, duration_ms=300_000)
    path, headers = f"/watch/{player.material_id}/lease", {"X-CSRFToken": player.token}
    old = player.browser.post(path, json={"version": 1}, headers=headers)
    assert (old.status_code, old.get_json()["reason"]) == (410, "closed")
    assert player.browser.post(path, json={"version": "2"}, headers=headers).status_code == 422
    assert player.browser.post(path, json={"version": 2}, headers=headers).status_code == 201


def test_an_answer_after_the_end_changes_nothing(at_check: Player, cast: Cast, session: Session) -> None:
    shown = _reach(at_check)
    with writing(session):
        found = service.material(session, at_check.material_id)
        service.withdraw_material(session, cast.actor("mara"), found, now=cast.clock.now())
    late = at_check.answer(shown["id"], 0)
    assert (late.status_code, late.get_json()["reason"]) == (410, "closed")


def test_an_answer_counts_for_its_chunk_when_positions_were_drawn_anew(
    at_check: Player, cast: Cast, session: Session
) -> None:
    shown = _reach(at_check)
    _allow(session, cast, Accommodation.NO_TIMER)  # two chunks of five minutes, drawn anew
    told = at_check.tick(shown)
    assert (told["checks"], told["confirmed"]) == (2, 1)


def test_a_refused_version_asks_nobody_again(player: Player, films: Films, cast: Cast, session: Session) -> None:
    player.play(0, 600_000, speed=2)
    films.replace(player.material_id, duration_ms=300_000, asks_again=True)
    with writing(session):
        found = service.material(session, player.material_id)
        found.newest.state = VersionState.REFUSED
        found.ready_number = 1
    films.replace(player.material_id, duration_ms=400_000, more=b"\0\0")
    session.rollback()
    assert service.progress_of(session, [cast.cleo_id])[cast.cleo_id][0].state == "done"
