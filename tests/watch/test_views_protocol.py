"""The protocol over HTTP, on both databases: answers, cheats and honest oddities of WATCH 4, in virtual time."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, event, select, text
from sqlalchemy.orm import Session

from bench.rows import row_bytes
from interview import audit
from interview.access import SYSTEM
from interview.db import writing
from interview.hiring import service as hiring
from interview.hiring.models import CandidateSession
from interview.hiring.rules import SESSION_LIFE, Stage
from interview.watch import queries, service
from interview.watch.models import Lease, Watch, WatchBudget
from interview.web.guard import may
from tests.support.cast import Cast
from tests.support.clock import HandClock
from tests.watch.conftest import Films, Look, Player

START_MS = 2000
WATCHING = [one.__tablename__ for one in (Watch, WatchBudget, Lease)]


def another(player: Player, cast: Cast, name: str = "cleo", material_id: int | None = None) -> Player:
    """The same candidate on another device, or another candidate."""
    return Player(cast.browser(name), player.clock, material_id or player.material_id)


# -- what it answers -----------------------------------------------------------------------------------------------


def test_a_lease_says_what_the_player_needs(player: Player, clock: HandClock) -> None:
    opened = player.opened
    assert len(opened.pop("lease")) == 22
    assert opened.pop("media").startswith(f"/watch/{player.material_id}/film/1?key=")
    assert opened == {
        "gen": 1,
        "duration_ms": 600_000,
        "beat_ms": 10_000,
        "max_rate": 2.0,
        "covered": [],
        "resume_ms": 0,
        "need_ms": 570_000,
        "server_ms": round(clock.at.timestamp() * 1000),
        "missing": [[0, 600_000]],
        "pct": 0,
        "done": False,
        "checks": 2,
        "confirmed": 0,
        "unconfirmed": [],
    }


def test_a_beat_says_what_was_credited(player: Player, clock: HandClock) -> None:
    clock.forward(seconds=10)
    assert player.send((0, 9980)) == {
        "ack": 1,
        "dup": False,
        "reason": "ok",
        "credited_ms": 9980,
        "covered_ms": 9980,
        "need_ms": 570_000,
        "pct": 1,
        "done": False,
        "short": [],
        "missing": [[9980, 600_000]],
        "checkpoint": None,
        "beat_ms": 10_000,
        "checks": 2,
        "confirmed": 0,
        "unconfirmed": [],
    }


def test_a_later_lease_resumes_where_the_last_one_stopped(player: Player, cast: Cast) -> None:
    player.play(0, 60_000)
    opened = another(player, cast).open().opened
    assert (opened["gen"], opened["covered"], opened["resume_ms"]) == (2, [[0, 60_000]], 60_000)


def test_a_beacon_carries_its_token_in_the_body(player: Player, clock: HandClock) -> None:
    clock.forward(seconds=5)
    body = json.dumps({**player.beat((0, 5000)), "csrf": player.token})
    answer = player.browser.post(
        f"/watch/lease/{player.lease}/beat", data=body, content_type="text/plain;charset=UTF-8"
    )
    assert (answer.status_code, answer.get_json()["credited_ms"]) == (200, 5000)


def test_watching_moves_the_application_on_and_leaves_an_audit_row(
    player: Player, cast: Cast, session: Session
) -> None:
    player.play(0, 600_000, speed=2)
    session.rollback()
    actions = [row.action for row in audit.listing(session, count_max=5)]
    assert "watch:completed" in actions
    assert cast.cleo.stage != Stage.INVITED
    assert audit.verify(session) is None


# -- 3.1 cheats ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "extra", [{"completed": True}, {"percent": 100}, {"done": 1}, {"duration": 1}, {"candidate_id": 2}]
)
def test_1_22_40_conclusions_and_identities_are_refused(player: Player, look: Look, extra: dict[str, object]) -> None:
    before = look.everything()
    answer = player.post({**player.beat((0, 1000)), **extra})
    assert (answer.status_code, answer.get_json()["reason"]) == (422, "unknown_field")
    assert look.everything() == before


def test_2_3_the_whole_film_at_once_a_thousand_times(player: Player, clock: HandClock, look: Look, cast: Cast) -> None:
    assert player.send((0, 600_000))["credited_ms"] == START_MS
    answers = []
    for _ in range(100):
        clock.forward(milliseconds=10)
        answers.append(player.post(player.beat((0, 600_000))))
    assert [answer.status_code for answer in answers] == [200] * 19 + [429] * 80 + [200]
    assert answers[50].headers["Retry-After"] == "1"
    assert answers[50].get_json()["reason"] == "slow_down"
    covered = look.covered(cast.cleo.candidate_id, player.material_id)
    assert covered[0][1] <= START_MS + 2 * 1000
    clock.forward(seconds=60)
    assert player.send((0, 600_000))["covered_ms"] <= START_MS + 2 * 61_010


def test_5_seeking_to_the_end(player: Player, clock: HandClock) -> None:
    clock.forward(seconds=5)
    answer = player.send((595_000, 599_500), state="ended")
    assert (answer["covered_ms"], answer["done"], answer["missing"]) == (5000, False, [[0, 595_000]])


def test_9_12_faster_than_twice_comes_short(player: Player, clock: HandClock) -> None:
    clock.forward(seconds=10)
    answer = player.post({**player.beat(), "segs": [[0, 160_000, 1600, 0, 10_000]]}).get_json()
    assert (answer["credited_ms"], answer["short"], answer["reason"]) == (22_000, [[22_000, 160_000]], "short")


def test_10_a_fast_clock_is_refused_and_flagged(player: Player, clock: HandClock, look: Look, cast: Cast) -> None:
    clock.forward(seconds=10)
    answer = player.post(player.beat((0, 9000), mono=12_001))
    assert (answer.status_code, answer.get_json()["reason"]) == (422, "mono")
    row = look.watch(cast.cleo.candidate_id, player.material_id)
    assert row is not None
    assert (row.flags, row.covered_ms) == (1, 0)


IMPOSSIBLE = (
    [[0, 1, 0, 0, 1]],
    [[0, 1, "2", 0, 1]],
    [[10, 5, 100, 0, 1]],
    [[-1, 5, 100, 0, 1]],
    [[0, 601_501, 100, 0, 1]],
    [[0, 1.5, 100, 0, 1]],
    [[0, True, 100, 0, 1]],
    [[0, None, 100, 0, 1]],
    [[0, 2**63, 100, 0, 1]],
    [[0, 1, 100, 0, 1]] * 17,
    "x",
)
NO_BEATS = (
    (b"not json", "application/json", 400),
    (b"[" * 5000, "application/json", 400),
    (gzip.compress(b"[" * 100_000), "application/json", 400),
    (b"[]", "application/json", 422),
    (b'{"v":NaN}', "application/json", 422),
    (b" " * 8193, "application/json", 413),
    (b"x" * 1_000_000, "application/json", 413),
    (b"v=1", "application/x-www-form-urlencoded", 415),
    (b"<v/>", "application/xml", 415),
)


def test_13_14_15_impossible_values_store_nothing(player: Player, look: Look) -> None:
    before = look.everything()
    for segs in IMPOSSIBLE:
        answer = player.post({**player.beat(), "segs": segs})
        assert (answer.status_code, answer.get_json()["reason"]) == (422, "bad_range"), segs
    assert look.everything() == before


def test_15_bodies_that_are_no_beat(player: Player, look: Look) -> None:
    before = look.everything()
    for body, kind, status in NO_BEATS:
        path = f"/watch/lease/{player.lease}/beat"
        answer = player.browser.post(path, data=body, content_type=kind, headers={"X-CSRFToken": player.token})
        assert (answer.status_code, answer.get_json()["status"]) == (status, status), (body[:20], kind)
    assert look.everything() == before


def test_16_17_replays(player: Player, clock: HandClock) -> None:
    clock.forward(seconds=10)
    beat = player.beat((0, 10_000))
    first, again = player.post(beat).get_json(), player.post(beat).get_json()
    assert (first["credited_ms"], again["credited_ms"], again["dup"], again["reason"]) == (10_000, 0, True, "dup")
    other = player.post({**beat, "segs": [[0, 9000, 100, 0, 0]]})
    assert (other.status_code, other.get_json()["reason"]) == (409, "seq_conflict")
    assert player.post({**beat, "seq": 2}).get_json()["credited_ms"] == 0


def test_19_a_jump_of_the_sequence(player: Player, clock: HandClock) -> None:
    clock.forward(seconds=10)
    player.send((0, 1000), seq=10**7)
    assert player.send((1000, 2000), seq=5)["dup"] is True


def test_20_21_58_unknown_and_foreign_leases_look_alike(player: Player, cast: Cast, look: Look) -> None:
    cato = another(player, cast, "cato").open()
    before = look.everything()
    answers = [
        cato.post(cato.beat((0, 1000)), lease=lease)
        for lease in (player.lease, "x" * 22, "' OR 1=1 --", "%00", "..%2f..", "é")
    ]
    bodies = [{**answer.get_json(), "detail": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].get_json() == answers[1].get_json()
    assert all(body == bodies[0] for body in bodies[:3])
    assert look.everything() == before


def test_23_without_the_token_nothing_happens(player: Player, look: Look) -> None:
    before = look.everything()
    path = f"/watch/lease/{player.lease}/beat"
    beat = player.beat((0, 1000))
    answers = [
        player.browser.post(path, json=beat),
        player.browser.post(path, json=beat, headers={"X-CSRFToken": "wrong"}),
        player.browser.post(path, data=json.dumps(beat), content_type="text/plain"),
        player.browser.post(path, json={**beat, "csrf": 5}),
        player.browser.post(f"/watch/{player.material_id}/lease"),
        player.browser.post(f"/watch/{player.material_id}/lease", data={"a": "b"}),
    ]
    assert [answer.status_code for answer in answers[:5]] == [403] * 5
    assert answers[5].status_code in (403, 415)
    assert look.everything() == before


def test_25_26_parallel_devices_share_one_budget(player: Player, cast: Cast, films: Films, look: Look) -> None:
    other_id = films.add(title="Webinar")
    devices = [player] + [another(player, cast, material_id=other_id if n % 2 else None).open() for n in range(9)]
    for step in range(4):
        player.clock.forward(seconds=5)
        for number, device in enumerate(devices):
            start = number * 60_000 + step * 10_000
            device.post(device.beat((start, start + 10_000)))
    candidate_id = cast.cleo.candidate_id
    total = sum(end - start for one in films.made for start, end in look.covered(candidate_id, one))
    assert total <= START_MS + 2 * 20_000


def test_28_leases_are_paced_and_add_nothing(player: Player, look: Look, cast: Cast) -> None:
    codes = [
        player.browser.post(
            f"/watch/{player.material_id}/lease", json={}, headers={"X-CSRFToken": player.token}
        ).status_code
        for _ in range(25)
    ]
    assert codes == [201] * 19 + [429] * 6
    session = look.session
    session.rollback()
    assert session.scalars(select(WatchBudget.budget_ms)).one() == START_MS


def test_39_other_peoples_sessions_cannot_beat(player: Player, cast: Cast, anonymous: object) -> None:
    mara = cast.browser("mara")
    answer = mara.post(
        f"/watch/lease/{player.lease}/beat", json=player.beat((0, 1)), headers={"X-CSRFToken": mara.csrf()}
    )
    assert answer.status_code == 403
    answer = anonymous.post(f"/watch/lease/{player.lease}/beat", json=player.beat((0, 1)))  # type: ignore[attr-defined]
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


def test_49_a_beat_for_an_older_version_changes_nothing(
    player: Player, films: Films, look: Look, clock: HandClock
) -> None:
    clock.forward(seconds=10)
    films.replace(player.material_id, duration_ms=500_000)
    before = look.everything()
    answer = player.post(player.beat((0, 10_000)))
    assert (answer.status_code, answer.get_json()["reason"]) == (410, "closed")
    assert look.everything() == before


def test_withdrawn_material_and_ended_applications_are_closed(player: Player, cast: Cast, session: Session) -> None:
    with writing(session):
        found = service.material(session, player.material_id)
        service.withdraw_material(session, cast.actor("mara"), found, now=cast.clock.now())
    assert player.post(player.beat((0, 1000))).status_code == 410
    lease = player.browser.post(f"/watch/{player.material_id}/lease", json={}, headers={"X-CSRFToken": player.token})
    assert (lease.status_code, lease.get_json()["reason"]) == (410, "closed")
    with writing(session):
        service.restore_material(
            session, cast.actor("mara"), service.material(session, player.material_id), now=cast.clock.now()
        )
        hiring.advance(session, cast.cleo, Stage.DECIDED, now=cast.clock.now())
    assert player.post(player.beat((0, 1000))).status_code == 410
    assert (
        player.browser.post(
            f"/watch/{player.material_id}/lease", json={}, headers={"X-CSRFToken": player.token}
        ).status_code
        == 410
    )


def test_material_of_another_job_or_not_ready_does_not_exist(player: Player, films: Films, session: Session) -> None:
    foreign = films.add(job="other_job")
    unready = films.add()
    with writing(session):
        service.material(session, unready).ready_number = None
    for material_id in (foreign, unready, 99_999):
        for path in (f"/watch/{material_id}/lease",):
            answer = player.browser.post(path, json={}, headers={"X-CSRFToken": player.token})
            assert answer.status_code == 404
        assert player.browser.get(f"/prep/material/{material_id}").status_code == 404


def test_59_a_clock_set_back_neither_gives_nor_takes(player: Player, clock: HandClock, look: Look, cast: Cast) -> None:
    player.play(0, 60_000)
    clock.steady_ms -= 3_600_000
    clock.at -= timedelta(hours=1)
    assert player.post(player.beat((60_000, 400_000), mono=0)).get_json()["credited_ms"] <= START_MS + 60_000
    covered = look.covered(cast.cleo.candidate_id, player.material_id)
    assert covered == ((0, START_MS + 120_000),)
    clock.steady_ms += 3_600_000
    clock.at += timedelta(hours=1)
    assert player.send((122_000, 400_000))["credited_ms"] == 0, "the hour that came twice is counted once"
    clock.forward(seconds=10)
    assert player.send((122_000, 400_000), mono=0)["credited_ms"] == 20_000


def test_60_35_a_reboot_goes_on_by_the_wall_clock(player: Player, clock: HandClock) -> None:
    player.play(0, 30_000)
    clock.epoch, clock.steady_ms = "another-boot", 5
    clock.at += timedelta(seconds=20)
    assert player.send((30_000, 600_000), mono=0)["credited_ms"] == 30_000 + START_MS + 40_000
    clock.forward(seconds=10)
    assert player.send((102_000, 600_000), mono=0)["credited_ms"] == 20_000


# -- 3.2 honest oddities -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_1_3_straight_through(player: Player, speed: float) -> None:
    answer = player.play(0, 600_000, speed=speed)
    assert (answer["done"], answer["pct"]) == (True, 100)


def test_4_12_long_pauses(player: Player, clock: HandClock) -> None:
    for part in range(10):
        player.play(part * 60_000, (part + 1) * 60_000)
        clock.forward(hours=3 if part == 4 else 0.01)
        player.send(state="paused")
    assert player.send(state="paused")["done"] is True


def test_8_offline_for_eight_minutes(player: Player, clock: HandClock) -> None:
    clock.forward(minutes=8)
    assert player.send(*((n * 30_000, (n + 1) * 30_000) for n in range(16)))["short"] == []
    player.play(480_000, 600_000)
    assert player.make_up()["done"] is True


def test_10_61_every_beat_sent_twice(player: Player, clock: HandClock) -> None:
    for number in range(60):
        clock.forward(seconds=10)
        beat = player.beat((number * 10_000, (number + 1) * 10_000))
        player.post(beat)
        answer = player.post(beat).get_json()
        if answer["checkpoint"]:
            answer |= player.tick(answer["checkpoint"])
    assert answer["done"] is True


def test_14_phone_laptop_phone(player: Player, cast: Cast, clock: HandClock) -> None:
    player.play(0, 200_000)
    clock.forward(seconds=9)
    laptop = another(player, cast).open()
    late = player.post(player.beat((200_000, 209_000)))
    assert (late.status_code, late.get_json()["reason"]) == (409, "superseded")
    assert late.get_json()["credited_ms"] == 9000
    laptop.play(209_000, 400_000)
    phone = another(player, cast).open()
    assert phone.opened["resume_ms"] == 400_000
    assert phone.play(400_000, 600_000)["done"] is True


def test_23_a_session_that_ended_meanwhile(player: Player, cast: Cast, clock: HandClock) -> None:
    player.play(0, 300_000)
    queued = player.beat((300_000, 400_000))
    clock.forward(hours=13)
    assert player.post(queued).status_code == 401
    player.browser = cast.browser("cleo")
    player.token = player.browser.csrf()
    answer = player.post(queued)
    assert (answer.status_code, answer.get_json()["credited_ms"]) == (200, 100_000)


def test_27_ended_a_little_early(player: Player, clock: HandClock) -> None:
    player.play(0, 590_000)
    clock.forward(seconds=10)
    assert player.send((590_000, 599_300), state="ended", pos=600_030)["missing"] == []


def test_36_what_is_done_stays_done(player: Player, cast: Cast, session: Session) -> None:
    player.play(0, 575_000)
    player.clock.forward(seconds=20)
    assert player.send((575_000, 590_000))["done"] is True
    with writing(session):
        service.material(session, player.material_id).need_permille = 1000
    player.clock.forward(seconds=10)
    answer = player.send((0, 1000))
    assert (answer["done"], answer["pct"]) == (True, 100)
    item = service.progress_of(session, [cast.cleo_id])[cast.cleo_id][0]
    assert (item.state, item.pct) == ("done", 100)


def test_36_a_completion_survives_the_films_replacement(
    player: Player, films: Films, cast: Cast, session: Session
) -> None:
    player.play(0, 600_000, speed=2)
    films.replace(player.material_id, duration_ms=300_000)
    session.rollback()
    assert service.progress_of(session, [cast.cleo_id])[cast.cleo_id][0].state == "done"
    assert player.open().opened["done"] is True
    assert player.opened["covered"] == []


def test_a_new_version_may_ask_everybody_again(player: Player, films: Films, cast: Cast, session: Session) -> None:
    player.play(0, 600_000, speed=2)
    films.replace(player.material_id, duration_ms=300_000, asks_again=True)
    session.rollback()
    assert service.progress_of(session, [cast.cleo_id])[cast.cleo_id][0].state == "doing"
    assert player.open().opened["done"] is False
    assert player.play(0, 300_000)["done"] is True


def test_34_candidates_do_not_disturb_each_other(player: Player, cast: Cast, look: Look) -> None:
    cato = another(player, cast, "cato").open()
    for number in range(30):
        player.clock.forward(seconds=10)
        player.send((number * 10_000, (number + 1) * 10_000))
        cato.send((number * 20_000, (number + 1) * 20_000))
    assert look.covered(cast.cleo.candidate_id, player.material_id) == ((0, 300_000),)
    assert cato.make_up()["done"] is True


def test_10_35_a_database_that_is_away_for_a_moment(player: Player, clock: HandClock, session: Session) -> None:
    """The beat is refused in a way that makes the player send it again, and then credited once."""
    clock.forward(seconds=10)
    beat = player.beat((0, 10_000))
    if session.get_bind().dialect.name == "postgresql":
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        session.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    else:
        session.execute(text("ALTER TABLE lease RENAME TO lease_elsewhere"))
        session.commit()
        answer = player.post(beat)
        assert (answer.status_code, answer.get_json()["reason"]) == (503, "retry")
        session.execute(text("ALTER TABLE lease_elsewhere RENAME TO lease"))
    session.commit()
    assert player.post(beat).get_json()["credited_ms"] == 10_000


# -- who may send ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["ended", "revoked", "expired", "too_old", "link_gone"])
def test_a_session_or_link_that_no_longer_lives_is_refused_like_on_every_page(
    player: Player, clock: HandClock, look: Look, session: Session, how: str
) -> None:
    clock.forward(seconds=10)
    player.send((0, 5000))
    with writing(session):
        mine = session.scalars(select(CandidateSession).order_by(CandidateSession.id.desc())).first()
        assert mine is not None
        if how == "ended":
            mine.ended_at = clock.now()
        elif how == "revoked":
            mine.link.revoked_at = clock.now()
        elif how == "expired":
            mine.link.expires_at = clock.now()  # at its very end it is over
        elif how == "too_old":
            mine.created_at = clock.now() - SESSION_LIFE
        else:
            session.delete(mine)
    before = look.everything()
    page = player.browser.get(f"/prep/material/{player.material_id}", headers={"Accept": "application/json"})
    answers = [
        player.post(player.beat((5000, 6000))),
        player.post(player.beat((5000, 6000)), lease="x" * 22),
        player.browser.post(f"/watch/lease/{player.lease}/beat", data=b"no", headers={"X-CSRFToken": player.token}),
        player.browser.post(f"/watch/lease/{player.lease}/beat", json=player.beat((0, 1))),
    ]
    assert page.status_code == 401
    assert [answer.get_json() for answer in answers] == [page.get_json()] * 4, "before anything else is looked at"
    assert look.everything() == before


def test_a_session_lives_until_its_last_moment(player: Player, clock: HandClock, session: Session) -> None:
    clock.forward(seconds=10)
    with writing(session):
        mine = session.scalars(select(CandidateSession).order_by(CandidateSession.id.desc())).first()
        assert mine is not None
        mine.created_at = clock.now() - SESSION_LIFE + timedelta(microseconds=1)
        mine.link.expires_at = clock.now() + timedelta(microseconds=1)
    assert player.send((0, 5000))["credited_ms"] == 5000


def test_a_beat_is_few_statements_and_none_before_its_own_transaction(
    player: Player, clock: HandClock, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.forward(seconds=10)
    player.send((0, 1000))
    sent: list[str] = []
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    prepared: list[str] = []
    original = queries._Prepared._sql

    def noted(self: queries._Prepared, connection: Connection) -> str:
        prepared.append(original(self, connection).split()[0])
        return original(self, connection)

    monkeypatch.setattr(queries._Prepared, "_sql", noted)
    player.send((1000, 2000))
    is_sqlite = engine.dialect.name == "sqlite"
    assert sent == (["BEGIN IMMEDIATE"] if is_sqlite else []), "the guard's own queries are gone"
    assert prepared == (["SELECT", "UPDATE", "UPDATE", "UPDATE"] if is_sqlite else ["SELECT", "WITH"])


def test_a_view_that_lets_nobody_in_answers_nobody(app: Flask, cast: Cast) -> None:
    """Forgetting to say who is here must not open a door."""

    @may("prep.own", inside=True)
    def forgetful() -> str:
        return "secret"

    app.add_url_rule("/forgetful", view_func=forgetful)
    assert cast.browser("cleo").get("/forgetful").status_code == 403
    assert cast.browser("mara").get("/forgetful").status_code == 403
    answer = app.test_client().get("/forgetful", headers={"Accept": "application/json"})
    assert (answer.status_code, "secret" in answer.get_data(as_text=True)) == (401, False)


# -- what is kept --------------------------------------------------------------------------------------------------


def test_rows_stay_small(player: Player, session: Session, cast: Cast) -> None:
    player.play(0, 600_000)
    session.rollback()
    row = session.scalars(select(Watch)).one()
    lease = session.scalars(select(Lease)).one()
    assert len(row.covered) <= 5
    assert (lease.beat_count, lease.credited_ms, lease.device) == (60, 600_000, "computer")
    assert len(lease.seen) == 60 * 2


def test_nobody_can_watch_for_another(player: Player, cast: Cast, session: Session) -> None:
    """A candidate with two applications has one budget: it belongs to the person."""
    with writing(session):
        other = hiring.job(session, cast.other_job_id)
        candidate = cast.cleo.candidate
        application, _ = hiring.add_candidate(
            session, SYSTEM, other, name=candidate.name, email=candidate.email, now=cast.clock.now()
        )
        assert application.candidate_id == candidate.id
    assert session.scalars(select(WatchBudget)).one().candidate_id == cast.cleo.candidate_id


def test_an_honest_hour_stays_small(cast: Cast, films: Films, clock: HandClock, session: Session) -> None:
    """What beats leave behind: at most 1 KB for each hour watched (WATCH 6), however many came; checkpoints apart."""
    player = Player(cast.browser("cleo"), clock, films.add(duration_ms=3_600_000)).open()
    url = session.get_bind().engine.url.render_as_string(hide_password=False)
    begun = row_bytes(url, WATCHING)
    assert player.play(0, 3_600_000)["done"]
    session.rollback()
    assert 0 < row_bytes(url, WATCHING) - begun <= 1024
