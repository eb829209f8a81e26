"""The pages of the live interview, asked for by everybody, with everything that can be sent to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scorecard.stage import submit
from tests.support.cast import Cast
from tests.support.pages import Browser


def kit(cast: Cast, then: str = "") -> str:
    return f"/interviews/{cast.interview_id}/kit{then}"


def note(words: str, *, edition: int = 0, **also: str) -> dict[str, list[str]]:
    fields = {"edition": str(edition), "note-a1": words, "moment-a1": "5000"} | also
    return {name: [value] for name, value in fields.items()}


def keep(browser: Browser, cast: Cast, body: Any, status: int = 200) -> Any:
    return browser.send_json(kit(cast), body, method="PATCH", status=status)


def test_the_page_holds_the_script_the_facts_and_ones_own_notes(panel: Cast, facts: list[int]) -> None:
    keep(panel.browser("ivo"), panel, note("Asked well", **{f"fact-{facts[0]}": "wrong"}))
    page = panel.browser("ivo").page(kit(panel))
    for words in ("Not started yet", "Middle 8 min", "It exports to CSV.", "Asked well", "Sell us our own product."):
        assert words in page.words
    (ticked,) = [one for one in page.all("input") if one.get("id") == f"fact-{facts[0]}-wrong"]
    assert "checked" in ticked
    assert "The roadmap ask" not in page.words
    assert "The roadmap ask" in panel.browser("nils").page(kit(panel)).words


def test_the_hiring_manager_reads_along_and_moves_nothing(panel: Cast) -> None:
    mara = panel.browser("mara")
    assert "Log what differed" not in mara.page(kit(panel)).words
    assert not [one for one in mara.page(kit(panel)).all("form") if one.get("id") == "sheet"]
    mara.send(kit(panel, "/timer"), {"verb": "start", "seen": "0"}, status=403)


def test_it_works_as_plain_forms(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    ivo.send(kit(panel, "/timer"), {"verb": "start", "seen": "0"})
    panel.clock.forward(minutes=1, seconds=30)
    prompt = next(one for one in ivo.page(kit(panel)).all("input") if one.get("name") == "words")
    ivo.send(kit(panel, "/prompts"), {"section": "open", "words": prompt["value"]})
    ivo.send(kit(panel, "/deviations"), {"kind": "other", "words": "The fire alarm rang."})
    words = panel.browser("ines").page(kit(panel)).words
    assert "said 1×: 01:30" in words
    assert "The fire alarm rang. 01:30 Something else" in words
    ivo.send(kit(panel, "/prompts/1/removal"))
    assert "said 1×" not in panel.browser("ines").page(kit(panel)).words
    ivo.send(kit(panel, "/timer"), {"verb": "next", "seen": "0"}, status=409)


def test_what_cannot_be_logged_comes_back_as_typed(panel: Cast) -> None:
    refused = panel.browser("ivo").send(kit(panel, "/deviations"), {"kind": "other", "words": "y" * 1001}, status=422)
    assert "y" * 1001 in refused.text
    assert "Shorten it." in refused.text


def test_nothing_is_sent_while_nothing_changes(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    etag = ivo.get(kit(panel)).headers["ETag"]
    panel.clock.forward(minutes=1)
    assert ivo.get(kit(panel), headers={"If-None-Match": etag}).status_code == 304
    panel.browser("ines").send(kit(panel, "/timer"), {"verb": "start", "seen": "0"})
    assert ivo.get(kit(panel), headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"edition": "1"},
        {"edition": ["x"]},
        note("x", **{"moment-a1": "soon"}),
        note("x", **{"note-": "y"}),
        note("x", **{"note-a\0": "y"}),
        note("x", **{"fact-1": "maybe"}),
        note("x", **{"fact-x": "said"}),
        note("x", roadmap="perhaps"),
    ],
)
def test_what_no_page_sends_is_refused_with_a_sentence(panel: Cast, body: Any) -> None:
    assert keep(panel.browser("ivo"), panel, body, status=400).get_json()["detail"].endswith((".", "moment"))


@pytest.mark.parametrize("fields", [{}, {"verb": "fly", "seen": "0"}, {"verb": "start", "seen": "-1"}])
def test_moves_that_are_none_are_refused(panel: Cast, fields: dict[str, str]) -> None:
    panel.browser("ivo").send(kit(panel, "/timer"), fields, status=400)


def test_a_stale_save_says_so_and_a_dirty_note_is_kept_as_text(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    keep(ivo, panel, note("<b>one</b>\0 \ud800"))
    refused = keep(ivo, panel, note("two"), status=409).get_json()
    assert (refused["reason"], refused["fields"]) == ("changed_elsewhere", {"edition": "1"})
    assert "<b>one</b>" in "".join(ivo.page(kit(panel)).text)


def test_notes_are_offered_on_the_own_scorecard_alone(panel: Cast, facts: list[int]) -> None:
    keep(panel.browser("ivo"), panel, note("canary of ivo", **{f"fact-{facts[1]}": "missed"}))
    card = f"/interviews/{panel.interview_id}/scorecard"
    words = panel.browser("ivo").page(card).words
    assert "canary of ivo" in words
    assert "Missed: It has no mobile app." in words
    assert "canary of ivo" not in panel.browser("ines").page(card).words


def test_no_page_shows_anothers_notes_before_the_own_scorecard_is_in(panel: Cast, facts: list[int]) -> None:
    keep(panel.browser("ines"), panel, note("canary of ines", **{f"fact-{facts[0]}": "wrong"}))
    submit(panel, "ines")
    pages = [
        kit(panel),
        f"/interviews/{panel.interview_id}",
        f"/interviews/{panel.interview_id}/scorecard",
        f"/interviews/{panel.interview_id}/scorecards",
        f"/applications/{panel.cleo_id}/debrief",
        f"/applications/{panel.cleo_id}",
        "/",
    ]
    for path in pages:
        assert "canary of ines" not in panel.browser("ivo").get(path).text, path
    submit(panel, "ivo")
    debrief = panel.browser("ivo").page(f"/applications/{panel.cleo_id}/debrief").words
    assert "canary of ines" in debrief
    assert "Notes of Ines Interviewer" in debrief
    assert "It exports to CSV. – Wrong" in debrief or "It exports to CSV. Wrong" in debrief
    locked = panel.browser("ines").page(kit(panel)).words
    assert "Your scorecard is submitted, and your notes with it." in locked


def test_home_and_interview_lead_to_the_kit(panel: Cast) -> None:
    for path in ("/", f"/interviews/{panel.interview_id}", f"/interviews/{panel.interview_id}/scorecard"):
        assert kit(panel) in [one.get("href") for one in panel.browser("ivo").page(path).all("a")], path
