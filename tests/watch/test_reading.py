"""Reading the transcript in place of the film: sections, dwell, the same budget, checkpoints and gate."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from interview.db import writing
from interview.watch import service
from interview.watch.models import Watch
from interview.watch.rules.captions import Cue
from interview.watch.rules.ranges import encode
from interview.watch.rules.sections import sections
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.clock import HandClock
from tests.support.live import Live
from tests.watch.conftest import Films, Player

WORDS = " ".join(["word"] * 25)
CUES = tuple(Cue(start, start + 9000, WORDS) for start in range(0, 600_000, 10_000))  # 150 words a minute


@given(duration_ms=st.integers(1000, 4 * 3_600_000), starts=st.lists(st.integers(0, 4 * 3_600_000), max_size=60))
def test_sections_cover_the_whole_film_and_every_word_once(duration_ms: int, starts: list[int]) -> None:
    cues = tuple(Cue(start, start + 500, f"w{number}") for number, start in enumerate(sorted(starts)))
    found = sections(cues, duration_ms)
    assert [one.start_ms for one in found] == [0, *(one.end_ms for one in found[:-1])]
    assert found[-1].end_ms == duration_ms
    assert all(one.start_ms < one.end_ms for one in found)
    words = " ".join(text for one in found for text in one.paragraphs).split()
    assert sorted(words) == sorted(cue.text for cue in cues)
    if duration_ms > 300_000:
        assert all(55_000 <= one.end_ms - one.start_ms <= 95_000 for one in found)


@dataclass
class Reader:
    """A client that reads: it knows WATCH.md and nothing of the code."""

    player: Player
    sections: list[dict]

    def post(self, number: int, **body: object) -> TestResponse:
        path = f"/watch/lease/{self.player.lease}/section/{number}"
        return self.player.browser.post(path, json=body, headers={"X-CSRFToken": self.player.token})

    def open(self, number: int) -> dict:
        answer = self.post(number)
        assert answer.status_code == 200, answer.text
        return answer.get_json()


@pytest.fixture
def reader(cast: Cast, films: Films, clock: HandClock, session: Session) -> Reader:
    """Cleo with the transcript of a film of ten minutes open."""
    return _reader(cast, films, clock, session)


def _reader(cast: Cast, films: Films, clock: HandClock, session: Session) -> Reader:
    material_id = films.add()
    with writing(session):
        service.add_captions(session, cast.actor("mara"), service.material(session, material_id), CUES, now=clock.now())
    player = Player(cast.browser("cleo"), clock, material_id)
    player.token = player.browser.csrf()
    answer = player.browser.post(
        f"/watch/{material_id}/lease", json={"way": "read"}, headers={"X-CSRFToken": player.token}
    )
    assert answer.status_code == 201, answer.text
    player.opened = answer.get_json()
    player.lease = player.opened["lease"]
    return Reader(player, player.opened["sections"])


def test_the_session_says_what_there_is_to_read(reader: Reader) -> None:
    assert [one["n"] for one in reader.sections] == list(range(8))
    first = reader.sections[0]
    assert (first["from_ms"], first["to_ms"], first["words"]) == (0, 70_000, 175)
    assert first["least_ms"] == 175 * 60_000 // 700


def test_reading_it_all_at_250_words_a_minute_counts_as_watching(reader: Reader, clock: HandClock) -> None:
    for one in reader.sections:
        told = reader.open(one["n"])
        if told["checkpoint"]:
            reader.player.tick(told["checkpoint"])
        clock.forward(milliseconds=one["words"] * 60_000 // 250)
    told = reader.post(7, read=True).get_json()
    if told["checkpoint"]:
        told |= reader.player.tick(told["checkpoint"])
    assert (told["pct"], told["done"], told["confirmed"]) == (100, True, 2)
    (item,) = [one for one in reader.player.browser.get("/prep.json").get_json()["items"] if one["kind"] == "material"]
    assert (item["state"], item["tier"]) == ("done", "T")


def test_nobody_reads_faster_than_700_words_a_minute(reader: Reader, clock: HandClock) -> None:
    reader.open(0)
    clock.forward(seconds=1)
    early = reader.post(0, read=True)
    assert (early.status_code, early.get_json()["reason"]) == (409, "too_early")
    assert early.get_json()["remaining_ms"] == 175 * 60_000 // 700 - 1000
    assert reader.open(1)["covered_ms"] == 0  # leafing through counts nothing
    clock.forward(milliseconds=reader.sections[1]["least_ms"])
    assert reader.post(1, read=True).get_json()["covered_ms"] > 0


def test_the_budget_is_the_same_and_what_it_lacks_is_owed(reader: Reader, clock: HandClock) -> None:
    reader.open(0)
    clock.forward(seconds=18)
    told = reader.open(1)
    assert (told["covered_ms"], told["short"]) == (38_000, [[38_000, 70_000]])
    clock.forward(seconds=10)
    told = reader.open(2)  # section 1 was only leafed through
    assert (told["covered_ms"], told["short"]) == (58_000, [[58_000, 70_000]])
    clock.forward(seconds=60)
    assert reader.post(2, read=True).get_json()["missing"][0][0] == 70_000


def test_the_same_checkpoints_come_while_reading(reader: Reader, clock: HandClock, session: Session) -> None:
    with writing(session):
        row = session.scalars(select(Watch)).one()
        row.waiting, row.check_count = encode(((20_000, 50_000),)), 1
    reader.open(0)
    clock.forward(seconds=41)
    shown = reader.post(0, read=True).get_json()["checkpoint"]
    assert shown["kind"] == "word"
    assert reader.player.tick(shown)["confirmed"] == 1


def test_going_over_to_the_film_keeps_what_was_read(reader: Reader, cast: Cast, clock: HandClock) -> None:
    reader.open(0)
    clock.forward(seconds=60)
    film = Player(cast.browser("cleo"), clock, reader.player.material_id).open()
    assert film.opened["covered"] == [[0, 70_000]]
    late = reader.post(1)
    assert (late.status_code, late.get_json()["reason"]) == (409, "superseded")


@pytest.mark.parametrize(("number", "status"), [(99, 404), (8, 404)])
def test_sections_that_are_not_there(reader: Reader, number: int, status: int) -> None:
    assert reader.post(number).status_code == status


def test_what_does_not_belong_to_reading_is_refused(reader: Reader, cast: Cast, clock: HandClock, films: Films) -> None:
    assert reader.post(0, read="yes").status_code == 422
    assert reader.post(0, done=True).status_code == 422
    path = f"/watch/lease/{reader.player.lease}/section/0"
    assert reader.player.browser.post(path, json={}).status_code == 403
    cato = Player(cast.browser("cato"), clock, reader.player.material_id).open()
    foreign = cato.browser.post(path, json={}, headers={"X-CSRFToken": cato.token})
    assert foreign.status_code == 404
    own = cato.browser.post(f"/watch/lease/{cato.lease}/section/0", json={}, headers={"X-CSRFToken": cato.token})
    assert own.status_code == 404  # a session that plays has no sections
    bad = cato.browser.post(
        f"/watch/{reader.player.material_id}/lease", json={"way": "skim"}, headers={"X-CSRFToken": cato.token}
    )
    assert bad.status_code == 422


def test_leafing_at_once_is_slowed_down(reader: Reader) -> None:
    codes = [reader.post(number % 8).status_code for number in range(25)]
    assert codes[:19] == [200] * 19
    assert codes[-1] == 429


# -- in a browser --------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_reading_with_the_keyboard(
    page: Page, live: Live, films: Films, cast: Cast, clock: HandClock, session: Session
) -> None:
    material_id = films.add(duration_ms=150_000)
    cues = tuple(Cue(start, start + 9000, WORDS) for start in range(0, 150_000, 10_000))
    with writing(session):
        service.add_captions(session, cast.actor("mara"), service.material(session, material_id), cues, now=clock.now())
    live.sign_in(page, "cleo")
    page.goto(f"{live.url}/prep/material/{material_id}")
    page.get_by_role("link", name="Read instead", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Explainer")
    assert_accessible(page)
    page.locator("[data-open]").first.focus()
    with page.expect_response("**/section/0"):
        page.keyboard.press("Enter")
    clock.forward(minutes=2)
    with page.expect_response("**/section/0"):
        page.get_by_role("button", name="Read: go on").press("Enter")
    _answer_if_asked(page)
    expect(page.locator(".section.is-read")).to_have_count(1)
    expect(page.locator("[data-open]").nth(1)).to_have_attribute("aria-expanded", "true")
    clock.forward(minutes=2)
    with page.expect_response("**/section/1"):
        page.get_by_role("button", name="Read: finish").click()
    _answer_if_asked(page)
    expect(page.get_by_role("status").first).to_have_text("Done: this counts as watched.")
    assert_accessible(page)
    page.get_by_label("The team may know that I read the transcript").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("The team may know that I read the transcript")).to_be_checked()


def _answer_if_asked(page: Page) -> None:
    page.wait_for_timeout(100)
    if page.get_by_role("dialog").is_visible():
        word = page.locator("[data-check-prompt]").inner_text().rpartition(" ")[2]
        page.get_by_label(word).check()
        page.get_by_role("button", name="Answer").click()
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_what_was_read_last_completes_when_another_session_takes_over(
    reader: Reader, cast: Cast, clock: HandClock, session: Session
) -> None:
    with writing(session):
        row = session.scalars(select(Watch)).one()
        row.waiting, row.check_count = b"", 0
    for one in reader.sections:
        reader.open(one["n"])
        clock.forward(seconds=60)
    assert Player(cast.browser("cleo"), clock, reader.player.material_id).open().opened["done"] is True
    session.rollback()
    assert session.scalars(select(Watch)).one().done_at is not None
