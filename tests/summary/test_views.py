"""Pages of summaries and of the model: who sees what when, what it costs before it begins, in Chromium once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from interview.adapters.llm import NullModel
from interview.db import writing
from interview.transcript import service as transcript
from tests.scorecard.stage import interview_of, submit
from tests.summary.stage import TALK, agree, begin, bring, newest, pitched, served, use, work
from tests.support.axe import assert_accessible
from tests.support.cast import Cast
from tests.support.live import Live
from tests.support.model_server import good
from tests.support.pages import Page


def words(page: str) -> str:
    return Page(page).words


def test_from_asking_to_reading_with_the_seal_on(cast: Cast):
    pitched(cast)
    at = f"/interviews/{cast.interview_id}/summary"
    mara, ivo, ines, rita = (cast.browser(name) for name in ("mara", "ivo", "ines", "rita"))
    with served(cast, good) as server:
        page = words(mara.get(at).text)
        assert "No summary yet" in page
        assert "USD at most" in page
        assert "test-model at 127.0.0.1" in page
        assert (rita.get(at).status_code, rita.send(at, status=403).status_code) == (403, 403)
        assert ivo.send(at, status=403).status_code == 403
        pitch = at.removesuffix("/summary")
        assert at in ivo.get(pitch).text
        mara.send(at)
        page = words(mara.get(at).text)
        assert "0 of 1 part answered." in page
        cast.clock.forward(seconds=12)
        told = {"number": 1, "done": 0, "parts": 1, "seconds": 12, "is_open": True}
        assert mara.get(f"{at}/progress").json == told
        mara.send(f"{at}/1/cancellation")
        assert "was cancelled" in words(mara.get(at).text)
        mara.send(at)
        work(cast)
        page = words(mara.get(at).text)
        assert "Machine-made" in page
        assert "verified" not in page.lower()
        assert "What happens today when two people on" in page
        assert "everything the model wrote passed" in page
        assert newest(cast).number == 2
        mara.send(at)
        assert "not paid for again" in words(mara.get(at).text)
        assert server.count == 1

        sealed = ivo.get(at).text
        assert ivo.get(f"{at}/progress").status_code == 403
        doors = cast.app.extensions["pitchproof"]
        use(cast, NullModel())  # without a model nothing tells that a summary was made, before the own card
        assert (at in ivo.get(pitch).text, at in mara.get(pitch).text) == (False, True)
        cast.app.extensions["pitchproof"] = doors
        submit(cast, "ines")
        assert "Sealed until your scorecard is in" in words(sealed)
        assert ivo.get(f"{at}/2/difference").status_code == 403
        assert "What happens today when two people on" in words(ines.get(at).text)
        submit(cast, "ivo")
        assert "Machine-made" in words(ivo.get(at).text)
        assert "Make the summary" not in ivo.get(at).text

        bring(cast, [*TALK, ("Cleo", "One more thing, there is a trial of two weeks for every team.")])
        assert "another version is in use now" in words(ines.get(at).text)
        mara.send(at)
        work(cast)
        assert "4 sentences lean on the same words" in words(ines.get(f"{at}/3/difference").text)
        assert (mara.get(f"{at}/2/difference").status_code, mara.get(f"{at}?run=9").status_code) == (404, 404)
        assert "named otherwise since" not in ines.get(at).text
        with writing(cast.session) as session:
            transcript.swap_speakers(
                session,
                cast.actor("mara"),
                interview_of(cast),
                number=2,
                pair=("Cleo", "Ivo"),
                speakers={},
                now=cast.clock.now(),
            )
        assert "named otherwise since" in words(ines.get(at).text)
        agree(cast, False)
        page = words(mara.get(at).text)
        assert "No summary of this pitch" in page
        debrief = f"/applications/{cast.cleo_id}/debrief"
        assert "AI summary" in mara.get(debrief).text
        assert "What happens today when" not in page
        assert ines.get(f"{at}/3/difference").status_code == 403


def test_the_models_page_is_the_admins_and_says_what_was_found(cast: Cast):
    ada, mara = cast.browser("ada"), cast.browser("mara")
    use(cast, NullModel())
    assert "There is none" in words(ada.get("/model").text)
    assert ada.send("/model/test", status=503).status_code == 503
    assert mara.get("/model").status_code == 403
    with served(cast, good):
        assert "Not tested yet" in words(ada.get("/model").text)
        ada.send("/model/test")
        assert "Being tested" in words(ada.get("/model").text)
        assert ada.get("/model/progress").json["is_open"]
        work(cast)
        page = words(ada.get("/model").text)
        assert "It works It answers as it is asked to." in page
        assert "It keeps to a JSON schema" in page
        assert "sk-canary" not in ada.get("/model").text


@pytest.mark.browser
def test_a_waiting_page_shows_the_summary_when_it_is_there(cast: Cast, live: Live, page: BrowserPage):
    pitched(cast)
    with served(cast, good):
        begin(cast)
        live.sign_in(page, "mara")
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto(f"{live.url}/interviews/{cast.interview_id}/summary")
        expect(page.get_by_role("status")).to_have_text("0 of 1 part answered.")
        assert_accessible(page)
        work(cast)
        expect(page.get_by_role("heading", name="What was said")).to_be_visible()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("link", name="the passage in the transcript").nth(1).click()
        expect(page.locator(":target")).to_contain_text("What happens today when two people")
        live.sign_in(page, "ada")
        page.goto(f"{live.url}/model")
        page.get_by_role("button", name="Test connection").click()
        expect(page.get_by_text("Being tested")).to_be_visible()
        work(cast)
        expect(page.get_by_text("It answers as it is asked to.")).to_be_visible()
        assert_accessible(page)
