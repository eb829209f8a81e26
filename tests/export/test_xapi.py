"""xAPI: statements against what was played, and against ralph, a learning record store's own idea of the profile."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from ralph.exceptions import UnknownEventException
from ralph.models.selector import ModelSelector
from ralph.models.validator import Validator
from ralph.models.xapi.video.statements import VideoCompleted, VideoInitialized, VideoTerminated
from sqlalchemy import event
from sqlalchemy.orm import Session

from interview import audit
from interview.access import SYSTEM, Role
from interview.db import writing
from interview.debrief import service as debrief
from interview.debrief.rules import Outcome, Verdict
from interview.export import queries, service
from interview.export.rules.files import Format
from interview.export.rules.xapi import seconds, segments, share
from interview.export.service import Wish
from interview.hiring import service as hiring
from interview.hiring.rules import Gate, Stage
from interview.watch import service as watch
from interview.watch.rules.material import Kind, MaterialText
from interview.watch.rules.ranges import Ranges
from tests.debrief.stage import draft, score
from tests.support.cast import Cast
from tests.watch.conftest import Films, Player

HOME = "https://hire.example"
VIDEO = "https://w3id.org/xapi/video/extensions/"
INITIALIZED, TERMINATED, COMPLETED = (
    f"http://adlnet.gov/expapi/verbs/{one}" for one in ("initialized", "terminated", "completed")
)
RALPH = Validator(ModelSelector("ralph.models.xapi"))


def raw(stage: Cast, name: str = "mara", stages: tuple[Stage, ...] = ()) -> bytes:
    target = io.BytesIO()
    actor = stage.actor(name)
    stage.session.rollback()
    with Session(stage.session.get_bind()) as session:
        service.make(
            session, actor, stage.job_id, Wish(Format.XAPI, stages), target,
            number="1", base_url=HOME, url_of=str, now=stage.clock.now(),
        )  # fmt: skip
    return target.getvalue()


def export(stage: Cast, name: str = "mara", stages: tuple[Stage, ...] = ()) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(raw(stage, name, stages))
    return found


def verbs(statements: list[dict[str, Any]]) -> list[str]:
    return [one["verb"]["id"].rsplit("/", 1)[-1] for one in statements]


def result_of(statements: list[dict[str, Any]], verb: str) -> dict[str, Any]:
    (one,) = (one for one in statements if one["verb"]["id"] == verb)
    found: dict[str, Any] = one["result"]
    return found


def immutable(statements: list[dict[str, Any]]) -> dict[str, str]:
    """What a store compares when an id comes again: all but the activity's definition (xAPI 1.0.3, 2.3.2)."""
    kept = {}
    for one in statements:
        stated = {**one, "object": {key: value for key, value in one["object"].items() if key != "definition"}}
        kept[one["id"]] = json.dumps(stated, sort_keys=True)
    return kept


def player(stage: Cast, name: str, material_id: int) -> Player:
    return Player(stage.browser(name), stage.clock, material_id).open()


def decide(stage: Cast, application_id: int) -> None:
    with writing(stage.session) as session:
        verdict = Verdict(Outcome.HOLD, "Waiting for budget.")
        debrief.decide(session, stage.actor("mara"), application_id, verdict, based_on=0, now=stage.clock.now())


@pytest.fixture
def watched(stage: Cast, films: Films) -> int:
    """Cleo played 12.5 s, went on at 30 s with another device, and was decided about; the film's number."""
    film = films.add(duration_ms=60_000, title="Explainer \u00fc")
    player(stage, "cleo", film).play(0, 12_500, every_ms=12_500)
    stage.clock.forward(minutes=5)
    player(stage, "cleo", film).play(30_000, 60_000, speed=2.0)
    decide(stage, stage.cleo_id)
    return film


# -- what is stated ------------------------------------------------------------------------------------------------


def test_a_session_each_and_the_end_of_the_last_are_stated_as_they_were_played(stage: Cast, watched: int) -> None:
    first, second, end = found = export(stage)
    assert verbs(found) == ["initialized", "initialized", "terminated"]
    registration = first["context"]["registration"]
    assert first == {
        "id": first["id"],
        "actor": {"objectType": "Agent", "account": {"homePage": HOME, "name": str(stage.cleo_id)}},
        "verb": {"id": INITIALIZED, "display": {"en-US": "initialized"}},
        "object": {
            "objectType": "Activity",
            "id": f"{HOME}/watch/{watched}/film/1",
            "definition": {
                "type": "https://w3id.org/xapi/video/activity-type/video",
                "name": {"und": "Explainer ü"},
                "extensions": {f"{VIDEO}completion-threshold": 0.95},
            },
        },
        "context": {
            "registration": registration,
            "platform": "Pitchproof",
            "contextActivities": {
                "category": [
                    {
                        "id": "https://w3id.org/xapi/video",
                        "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
                    }
                ],
                "grouping": [{"objectType": "Activity", "id": f"{HOME}/jobs/{stage.job_id}"}],
            },
            "extensions": {f"{VIDEO}session-id": first["id"], f"{VIDEO}length": 60.0},
        },
        "timestamp": "2026-11-23T09:00:00.000Z",
    }
    assert second["timestamp"] == "2026-11-23T09:05:12.500Z"
    assert second["context"]["extensions"][f"{VIDEO}session-id"] == second["id"] != first["id"]
    assert end["context"] == second["context"]
    assert end["timestamp"] == "2026-11-23T09:05:27.500Z"
    assert end["result"] == {
        "extensions": {
            f"{VIDEO}time": 60.0,
            f"{VIDEO}progress": 0.708,
            f"{VIDEO}played-segments": "0[.]12.5[,]30[.]60",
        }
    }


def test_a_completed_film_says_when_and_how_far_and_never_more(stage: Cast, films: Films) -> None:
    film = films.add(duration_ms=50_000)
    playing = player(stage, "cleo", film)
    playing.play(0, 48_000, every_ms=12_000)
    found = export(stage)
    assert verbs(found) == ["initialized", "completed"]
    assert found[1]["timestamp"] == "2026-11-23T09:00:48.000Z"
    assert result_of(found, COMPLETED) == {
        "completion": True,
        "duration": "PT48S",
        "extensions": {
            f"{VIDEO}time": 48.0,
            f"{VIDEO}progress": 0.96,
            f"{VIDEO}played-segments": "0[.]48",
            f"{HOME}/xapi/extensions/observed-until": "2026-11-23T09:00:48.000Z",
        },
    }
    playing.play(48_000, 48_900)
    reached = result_of(export(stage), COMPLETED)["extensions"]
    assert (reached[f"{VIDEO}progress"], reached[f"{VIDEO}time"]) == (0.978, 48.9)
    assert reached[f"{HOME}/xapi/extensions/observed-until"] == "2026-11-23T09:00:48.900Z"
    playing.play(48_900, 50_000)
    assert result_of(export(stage), COMPLETED)["extensions"][f"{VIDEO}progress"] == 1.0


def test_what_may_still_go_on_is_not_called_terminated(stage: Cast, films: Films) -> None:
    one, other = films.add(duration_ms=60_000), films.add(duration_ms=60_000, title="Webinar")
    player(stage, "cleo", one).play(0, 10_000)
    assert verbs(export(stage)) == ["initialized"]
    player(stage, "cleo", other).play(0, 10_000)
    assert verbs(export(stage)) == ["initialized"] * 2, "the first may still hand in what it played"
    stage.clock.forward(days=1, milliseconds=1)
    player(stage, "cleo", other)
    assert verbs(export(stage)) == ["initialized", "terminated", "initialized", "initialized"]
    films.replace(other, duration_ms=30_000)
    assert verbs(export(stage)) == ["initialized", "terminated", "initialized", "terminated", "initialized"]


def test_a_new_version_is_not_completed_by_the_completion_of_the_old(stage: Cast, films: Films) -> None:
    film = films.add(duration_ms=20_000)
    player(stage, "cleo", film).play(0, 20_000)
    films.replace(film, duration_ms=40_000)
    assert player(stage, "cleo", film).send((0, 1000))["done"]
    completed = [one for one in export(stage) if one["verb"]["id"] == COMPLETED]
    assert [one["object"]["id"] for one in completed] == [f"{HOME}/watch/{film}/film/1"]


def test_a_session_that_sent_nothing_is_only_opened(stage: Cast, films: Films) -> None:
    player(stage, "cleo", films.add())
    decide(stage, stage.cleo_id)
    assert verbs(export(stage)) == ["initialized"]


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(1, 500_000)), max_size=20), st.integers(0, 10_000))
def test_segments_say_every_millisecond_and_progress_is_never_rounded_up(
    steps: list[tuple[int, int]], left_ms: int
) -> None:
    covered: list[tuple[int, int]] = []
    for gap_ms, length_ms in steps:
        start = (covered[-1][1] if covered else -1) + gap_ms
        covered.append((start, start + length_ms))
    ranges: Ranges = tuple(covered)
    text = segments(ranges)
    read = tuple(tuple(round(float(edge) * 1000) for edge in part.split("[.]")) for part in text.split("[,]") if text)
    assert read == ranges
    assert all(seconds(ms) == f"{ms / 1000:.3f}".rstrip("0").rstrip(".") for edges in ranges for ms in edges)
    whole_ms = (covered[-1][1] if covered else 0) + left_ms + 1
    covered_ms = sum(end - start for start, end in ranges)
    assert 0 <= share(covered_ms, whole_ms) <= covered_ms / whole_ms
    assert (share(covered_ms, whole_ms) == 1.0) == (covered_ms == whole_ms)
    assert share(whole_ms, whole_ms) == 1.0


# -- what a store makes of it --------------------------------------------------------------------------------------


def test_every_statement_is_one_of_the_profile_to_ralph(stage: Cast, watched: int, films: Films) -> None:
    player(stage, "cato", films.add(duration_ms=20_000, title="=1+1 \u2014 <b>")).play(0, 20_000)
    found = export(stage)
    models = {type(RALPH.get_first_valid_model(one)) for one in found}
    assert models == {VideoInitialized, VideoTerminated, VideoCompleted}
    assert len({one["id"] for one in found}) == len(found)
    assert all(None not in leaves(one) for one in found), "a store refuses null outside of extensions"


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(statement: dict[str, Any]) -> None:
        *way, last = path
        for step in way:
            statement = statement[step]
        if value is None:
            del statement[last]
        else:
            statement[last] = value

    return change


BROKEN = {
    "id": put("id", value="17"),
    "timestamp": put("timestamp", value="yesterday"),
    "account": put("actor", "account", value=None),
    "home page": put("actor", "account", "homePage", value="hire"),
    "verb": put("verb", "id", value="http://adlnet.gov/expapi/verbs/watched"),
    "activity": put("object", "id", value="film 1"),
    "activity type": put("object", "definition", "type", value="https://w3id.org/xapi/video/activity-type/film"),
    "language": put("object", "definition", "name", value={"not a language": "Film"}),
    "profile": put("context", "contextActivities", "category", 0, "id", value="https://w3id.org/xapi/audio"),
    "category": put("context", "contextActivities", "category", value=None),
    "registration": put("context", "registration", value="application 1"),
    "session": put("context", "extensions", f"{VIDEO}session-id", value="abc"),
    "length": put("context", "extensions", f"{VIDEO}length", value=None),
    "time": put("result", "extensions", f"{VIDEO}time", value=None),
    "progress": put("result", "extensions", f"{VIDEO}progress", value=-0.1),
    "segments": put("result", "extensions", f"{VIDEO}played-segments", value=[[0, 20]]),
    "completion": put("result", "completion", value=False),
    "duration": put("result", "duration", value="20 seconds"),
    "unknown field": put("result", "watched", value=True),
}


def test_ralph_refuses_what_is_broken(stage: Cast, films: Films) -> None:
    player(stage, "cleo", films.add(duration_ms=20_000)).play(0, 20_000)
    (good,) = (one for one in export(stage) if one["verb"]["id"] == COMPLETED)
    RALPH.get_first_valid_model(good)
    for name, change in BROKEN.items():
        broken = json.loads(json.dumps(good))
        change(broken)
        assert refused(broken), f"ralph took a broken {name}"


def refused(statement: dict[str, Any]) -> bool:
    try:
        RALPH.get_first_valid_model(statement)
    except (ValidationError, UnknownEventException):
        return True
    return False


def test_the_same_is_sent_twice_byte_for_byte(stage: Cast, watched: int) -> None:
    before = raw(stage)
    stage.clock.forward(days=3)
    assert raw(stage, "rita") == raw(stage) == before
    lines = before.decode().splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("[", "]", 5)
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == json.loads(before)


def test_no_id_is_ever_sent_again_with_other_content(stage: Cast, films: Films) -> None:
    """A store answers 409 to that, and refuses everything that came with it."""
    film = films.add(duration_ms=20_000)
    seen: dict[str, str] = {}

    def look() -> None:
        for statement_id, stated in immutable(export(stage)).items():
            assert seen.setdefault(statement_id, stated) == stated

    playing = player(stage, "cleo", film)
    for step in range(0, 20_000, 2_500):
        playing.play(step, step + 2_500)
        look()
    with writing(stage.session) as session:
        found = watch.material(session, film)
        text = MaterialText("Another title", Kind.WEBINAR, True, 700)
        watch.edit_material(session, stage.actor("mara"), found, text, ((0, 1000),), now=stage.clock.now())
    before = immutable(export(stage))
    look()
    player(stage, "cleo", film).play(0, 2_000)
    look()
    films.replace(film, duration_ms=30_000)
    look()
    decide(stage, stage.cleo_id)
    look()
    assert before.items() <= seen.items()


def test_titles_and_what_is_asked_are_no_part_of_what_was_stated(stage: Cast, watched: int) -> None:
    before = export(stage)
    with writing(stage.session) as session:
        found = watch.material(session, watched)
        text = MaterialText("Another title", Kind.WEBINAR, True, 700)
        watch.edit_material(session, stage.actor("mara"), found, text, (), now=stage.clock.now())
    after = export(stage)
    assert immutable(after) == immutable(before)
    assert after[0]["object"]["definition"]["name"] == {"und": "Another title"}
    assert after[0]["object"]["definition"]["extensions"] == {f"{VIDEO}completion-threshold": 0.7}


# -- who gets it ---------------------------------------------------------------------------------------------------


def test_nobody_is_named(stage: Cast, watched: int) -> None:
    text = raw(stage).decode()
    for personal in ("Cleo", "cleo", "@", "Candidate", "phone", "computer"):
        assert personal not in text


def test_who_owes_a_card_gets_nothing_of_that_candidate(stage: Cast, films: Films) -> None:
    with writing(stage.session) as session:
        person_id = stage.person_ids["ivo"]
        role, now = Role.HIRING_MANAGER, stage.clock.now()
        hiring.join_team(session, stage.actor("mara"), stage.job, person_id, role, now=now)
    film = films.add(duration_ms=20_000)
    player(stage, "cleo", film).play(0, 20_000)
    player(stage, "cato", film).play(0, 5_000)
    assert verbs(export(stage, "mara")) == ["initialized", "completed", "initialized"]
    assert {one["actor"]["account"]["name"] for one in export(stage, "ivo")} == {str(stage.cato_id)}
    stage.clock.forward(days=2, hours=1)
    score(stage, stage.cleo_id, {"ivo": draft(4)})
    assert export(stage, "ivo") == export(stage, "mara")


def test_a_job_that_keeps_no_record_has_nothing_to_tell(stage: Cast, watched: int) -> None:
    assert export(stage)
    with writing(stage.session):
        stage.job.gate = Gate.OFF
    assert raw(stage) == b"[]\n"


def test_only_the_wished_candidates_are_in_it(stage: Cast, watched: int, films: Films) -> None:
    player(stage, "cato", films.add()).play(0, 10_000)
    who = {one["actor"]["account"]["name"] for one in export(stage, stages=(Stage.DECIDED,))}
    assert who == {str(stage.cleo_id)}
    assert {one["actor"]["account"]["name"] for one in export(stage)} == {str(stage.cleo_id), str(stage.cato_id)}


def test_the_watching_of_another_job_is_not_in_it(stage: Cast, films: Films) -> None:
    with writing(stage.session) as session:
        other = session.get_one(type(stage.job), stage.other_job_id)
        hiring.add_candidate(session, SYSTEM, other, name="Cleo", email="cleo@example.com", now=stage.clock.now())
    player(stage, "cleo", films.add(duration_ms=20_000)).play(0, 5_000)
    player(stage, "oda", films.add(duration_ms=20_000, job="other")).play(0, 20_000)
    assert {one["actor"]["account"]["name"] for one in export(stage)} == {str(stage.cleo_id)}


def test_more_sessions_and_candidates_take_no_more_queries(stage: Cast, films: Films) -> None:
    film, counted, used = films.add(duration_ms=20_000), [], []
    event.listen(stage.session.get_bind(), "before_cursor_execute", lambda *_: counted.append(1))
    for names in (("cleo",), ("cato", "cleo", "cato")):
        for name in names:
            player(stage, name, film).play(0, 10_000)
        actor = stage.actor("mara")
        counted.clear()
        with Session(stage.session.get_bind()) as session:
            job = hiring.job(session, stage.job_id)
            assert list(queries.viewings(session, actor, job, ()))
        used.append(len(counted))
    assert used[0] == used[1]


def test_chunks_follow_each_other(stage: Cast, watched: int, films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    player(stage, "cato", films.add()).play(0, 10_000)
    whole = raw(stage)
    monkeypatch.setattr(queries, "CHUNK", 1)
    assert raw(stage) == whole


# -- by page and by command ----------------------------------------------------------------------------------------


def test_the_page_sends_it_and_keeps_who_took_it(stage: Cast, watched: int) -> None:
    mara, path = stage.browser("mara"), f"/jobs/{stage.job_id}/export"
    assert "learning record store" in mara.page(path).words
    answer = mara.send(path, {"which": "all", "format": "xapi"}, status=200)
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"].endswith("pitchproof-account-executive-2026-11-23.xapi.json")
    home = stage.app.extensions["pitchproof"].settings.base_url
    assert {one["actor"]["account"]["homePage"] for one in answer.get_json()} == {home}
    assert audit.listing(stage.session)[0].action == "export:made"


def test_the_command_writes_the_same_as_the_page(stage: Cast, watched: int, tmp_path: Any) -> None:
    page = stage.browser("mara").send(f"/jobs/{stage.job_id}/export", {"which": "all", "format": "xapi"}, status=200)
    out = tmp_path / "watching.json"
    arguments = ["export", str(stage.job_id), "--format", "xapi", "--out", str(out)]
    said = stage.app.test_cli_runner().invoke(args=arguments)
    assert (said.exit_code, said.stdout) == (0, f"{out}: 2 initialized, 1 terminated, 0 completed\n")
    assert out.read_bytes() == page.data
