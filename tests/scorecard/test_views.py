"""The pages of scorecards, asked for by everybody, with everything that can be sent to them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from interview.access import SYSTEM
from interview.connect import service as connect
from interview.db import writing
from interview.people.models import Person
from interview.scorecard import service
from interview.scorecard.models import Scorecard
from interview.scorecard.rules import Draft
from tests.scorecard.stage import KEYS, full_draft, interview_of, save, submit, take_seat
from tests.support.cast import Cast
from tests.support.pages import Browser


def card(cast: Cast) -> str:
    return f"/interviews/{cast.interview_id}/scorecard"


def cards(cast: Cast) -> str:
    return f"/interviews/{cast.interview_id}/scorecards"


def filled(*, edition: int = 0, rating: str = "3", **also: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    fields: dict[str, Any] = {"edition": str(edition), "would_buy": "yes", "recommendation": "yes", "takeaways": ""}
    for key in KEYS:
        fields |= {f"rating-{key}": rating, f"note-{key}": f"Said and showed it: {key}."}
    return fields | also


def as_json(fields: dict[str, Any]) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [value] for name, value in fields.items()}


# -- one's own card ------------------------------------------------------------------------------------------------


def test_the_page_holds_the_attributes_with_anchors_the_kit_and_the_transcript(
    panel: Cast, segments: list[int]
) -> None:
    page = panel.browser("ivo").page(card(panel))
    for words in (
        "Honesty about limits and roadmap",
        "Claims a missing feature exists",  # an anchor
        "Would you buy our product from this person?",
        "Sell us our own product.",  # the job's brief
        "A busy head of operations.",  # its buyer
        "What does it not do?",  # its question
        "Middle 8 min",
        "I would not guess a date.",
        "0 of 6 rated",
    ):
        assert words in page.words
    radios = [one["value"] for one in page.all("input") if one.get("name") == "rating-honesty"]
    assert radios == ["1", "2", "3", "4", "5", "not_observed"]
    assert "disabled" in next(one for one in page.all("fieldset") if one.get("id") == "recommendation")


def test_a_plain_form_saves_and_comes_back_filled_in(panel: Cast, segments: list[int]) -> None:
    ivo = panel.browser("ivo")
    sent = filled(**{"cite-honesty": [str(segments[1])], "note-demo": "Two\r\nlines <b>"})
    assert "Saved." in ivo.send(card(panel), sent, status=200, follow_redirects=True).text
    page = ivo.page(card(panel))
    assert "6 of 6 rated" in page.words
    assert "Two\nlines <b>" in "".join(page.text)
    (cited,) = [one for one in page.all("input") if one.get("name") == "cite-honesty"]
    assert cited["value"] == str(segments[1])
    assert "disabled" not in next(one for one in page.all("fieldset") if one.get("id") == "recommendation")


def test_an_autosave_answers_with_the_new_edition(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    answer = ivo.send_json(card(panel), as_json(filled(save_key="a1")), method="PATCH").get_json()
    assert (answer["edition"], answer["progress"]) == (1, "6 of 6 rated")
    again = ivo.send_json(card(panel), as_json(filled(save_key="a1")), method="PATCH").get_json()
    assert again["edition"] == 1


def test_two_tabs_lose_nothing(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    ivo.send(card(panel), filled(takeaways="from the first tab"))
    refused = ivo.send_json(card(panel), as_json(filled(takeaways="from the second")), method="PATCH", status=409)
    assert refused.get_json()["reason"] == "changed_elsewhere"
    assert refused.get_json()["fields"] == {"edition": "1"}
    assert "another tab" in refused.get_json()["detail"]
    page = ivo.send(card(panel), filled(takeaways="from the second"), status=409)
    assert "from the second" in page.text
    assert 'name="edition" value="1"' in page.text
    ivo.send(card(panel), filled(edition=1, takeaways="from the second"))
    assert "from the second" in ivo.page(card(panel)).words


def test_submitting_asks_once_then_locks_and_opens_the_others(panel: Cast) -> None:
    submit(panel, "ines", full_draft(4, takeaways="canary of ines"))
    ivo = panel.browser("ivo")
    asked = ivo.send(f"{card(panel)}/submission", filled(), status=200)
    assert "Submit this scorecard?" in asked.text
    assert "canary of ines" not in ivo.get(cards(panel)).text
    opened = ivo.send(f"{card(panel)}/submission", {"confirmed": "1"}, status=200, follow_redirects=True)
    assert "canary of ines" in opened.text
    page = ivo.page(card(panel))
    assert page.title.startswith("Your scorecard")
    assert not [one for one in page.all("form") if one.get("id") == "scorecard"]
    ivo.send(card(panel), filled(edition=1), status=409)
    ivo.send_json(card(panel), as_json(filled(edition=1)), method="PATCH", status=409)
    ivo.send(f"{card(panel)}/submission", {"confirmed": "1"}, status=409)


def test_submitting_an_incomplete_card_says_what_is_missing_and_keeps_what_was_written(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    sent = filled(**{"rating-demo": "1", "note-demo": "", "recommendation": "", "takeaways": "kept"})
    refused = ivo.send(f"{card(panel)}/submission", sent | {"confirmed": "1"}, status=422)
    assert "Demonstration and proof: a 1 or a 5 needs evidence." in refused.text
    assert "Give your overall recommendation" in refused.text
    assert "kept" in ivo.page(card(panel)).words


@pytest.mark.parametrize(
    ("name", "status"),
    [("mara", 403), ("rita", 403), ("ada", 403), ("otto", 404), ("nils", 404), ("cleo", 403), ("cato", 404)],
)
def test_only_the_panel_has_a_card(panel: Cast, name: str, status: int) -> None:
    browser = panel.browser(name)
    browser.page(card(panel), status=status)
    browser.send(card(panel), filled(), status=status)
    browser.send_json(card(panel), as_json(filled()), method="PATCH", status=status)
    browser.send(f"{card(panel)}/submission", filled(), status=status)


def test_nobody_signed_in(panel: Cast, anonymous: Browser) -> None:
    assert anonymous.get(card(panel)).status_code == 302
    anonymous.send_json(card(panel), as_json(filled()), method="PATCH", status=401)


def test_bad_ids_and_methods(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    ivo.page("/interviews/999999/scorecard", status=404)
    ivo.page("/interviews/nine/scorecard", status=404)
    assert ivo.delete(card(panel), headers={"X-CSRFToken": ivo.csrf()}).status_code == 405
    assert ivo.get(f"{card(panel)}/submission").status_code == 405


def test_without_the_token_of_the_page_nothing_is_saved(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    assert ivo.patch(card(panel), json=as_json(filled())).status_code == 400
    assert ivo.post(card(panel), data=filled()).status_code == 400
    assert "0 of 6 rated" in ivo.page(card(panel)).words


def test_without_a_rubric_the_page_says_who_can_help(cast: Cast) -> None:
    assert "hiring manager" in cast.browser("ivo").page(card(cast), status=409).words


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"rating-demo": "7"}, 422),
        ({"rating-demo": "good"}, 400),
        ({"rating-demo": "-1"}, 400),
        ({"edition": "x"}, 400),
        ({"edition": "99999999999999999999"}, 400),
        ({"would_buy": "perhaps"}, 400),
        ({"recommendation": "hire"}, 400),
        ({"note-charm": "x", "rating-charm": "3"}, 422),
        ({"note-demo": "x" * 4001}, 422),
        ({"takeaways": "x" * 8001}, 422),
        ({"cite-demo": ["999999"]}, 422),
        ({"cite-demo": ["' OR 1=1"]}, 400),
    ],
)
def test_dirty_input_is_a_sentence_and_changes_nothing(panel: Cast, fields: dict[str, Any], status: int) -> None:
    ivo = panel.browser("ivo")
    refused = ivo.send_json(card(panel), as_json(filled(**fields)), method="PATCH", status=status)
    assert refused.get_json()["detail"].endswith((".", "?"))
    ivo.send(card(panel), filled(**fields), status=status)
    assert "0 of 6 rated" in ivo.page(card(panel)).words


@pytest.mark.parametrize("body", [[], "text", 3, {"edition": 1}, {"edition": [1]}, {"edition": [["1"]]}])
def test_an_autosave_of_another_shape_is_refused(panel: Cast, body: Any) -> None:
    panel.browser("ivo").send_json(card(panel), body, method="PATCH", status=400)


def test_text_that_a_database_cannot_hold_is_cleaned(panel: Cast) -> None:
    ivo = panel.browser("ivo")
    body = json.dumps(as_json(filled(takeaways="null \u0000, half \ud83d, whole \U0001f600")))
    headers = {"X-CSRFToken": ivo.csrf(), "Content-Type": "application/json"}
    assert ivo.patch(card(panel), data=body, headers=headers).status_code == 200
    assert "null , half ?, whole \U0001f600" in ivo.page(card(panel)).words


def test_markup_in_notes_stays_text(panel: Cast) -> None:
    submit(panel, "ines", full_draft(note="<script>alert(1)</script>", takeaways="<img src=x onerror=alert(1)>"))
    submit(panel, "ivo")
    html = panel.browser("ivo").get(cards(panel)).text
    assert "<script>alert(1)" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)" in html


# -- the panel's cards ---------------------------------------------------------------------------------------------


def test_the_hiring_manager_reads_what_is_submitted(panel: Cast) -> None:
    mara = panel.browser("mara")
    assert "No scorecard is in yet" in mara.page(cards(panel)).words
    submit(panel, "ivo", full_draft(4, takeaways="canary of ivo"))
    save(panel, "ines", full_draft(5, takeaways="canary of ines"))
    page = mara.page(cards(panel))
    assert "canary of ivo" in page.words
    assert "canary of ines" not in page.words


@pytest.mark.parametrize(
    ("name", "status"), [("rita", 403), ("ada", 403), ("otto", 404), ("nils", 404), ("cleo", 403), ("cato", 404)]
)
def test_who_may_not_open_the_panels_cards(panel: Cast, name: str, status: int) -> None:
    submit(panel, "ivo")
    panel.browser(name).page(cards(panel), status=status)


def test_the_panel_is_shown_with_padlocks_while_sealed(panel: Cast) -> None:
    submit(panel, "ines", full_draft(1))
    html = panel.browser("ivo").get(card(panel)).text
    assert html.count("avatar-lock") == 2
    assert "Ines Interviewer: sealed" in html
    assert "Sealed until you have submitted" in panel.browser("ivo").page(cards(panel)).words


# -- non-interference: no byte that an interviewer can reach before submitting depends on what another wrote -----------

_VOLATILE = (
    re.compile(r'nonce="[^"]+"'),
    re.compile(r'(name="csrf-token" content|name="csrf_token" value)="[^"]+"'),
    re.compile(r'"[0-9a-f]{12}"'),  # the number of an export
)


def masked(html: str) -> str:
    for pattern in _VOLATILE:
        html = pattern.sub("*", html)
    return html


def api_token(cast: Cast, name: str) -> str:
    """The secret of a token with which a program reads what this person may read."""
    with writing(cast.session) as session:
        owner = session.get_one(Person, cast.person_ids[name])
        return connect.create_token(session, SYSTEM, owner, name="reader", scopes="read", now=cast.clock.now())[1]


def everything(cast: Cast, browser: Browser, token: str) -> dict[str, tuple[int, str]]:
    """Every page and API answer under this cast's ids, an autosave and an export, as one person gets them."""
    ids = {"job_id": cast.job_id, "application_id": cast.cleo_id, "interview_id": cast.interview_id}
    seen = {}
    for rule in cast.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(ids.get(found[1], 1)), rule.rule)
        headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
        answer = browser.get(path, query_string={"application": [cast.cleo_id, cast.cato_id]}, headers=headers)
        seen[path] = (answer.status_code, masked(answer.get_data(as_text=True)))
    answer = browser.send_json(card(cast), as_json(filled(save_key="k")), method="PATCH")
    seen["autosave"] = (answer.status_code, answer.text)
    wish = {"csrf_token": browser.csrf(), "which": "all", "format": "ndjson"}
    answer = browser.post(f"/jobs/{cast.job_id}/export", data=wish)
    seen["export"] = (answer.status_code, masked(answer.get_data(as_text=True)))
    return seen


def rewrite(cast: Cast, name: str, value: int | None, words: str, answer: str) -> None:
    """Write other ratings and words into somebody's card, whatever its state."""
    with writing(cast.session) as session:
        row = session.scalars(select(Scorecard).where(Scorecard.person_id == cast.person_ids[name])).one()
        row.takeaways, row.would_buy, row.recommendation = words, answer, answer
        for rating in row.ratings:
            rating.value, rating.not_observed, rating.note = value, value is None, words


@pytest.mark.parametrize(("reader", "write"), [("ivo", submit), ("ivo", save), ("mara", submit)])
def test_no_byte_before_submitting_depends_on_anothers_card(
    panel: Cast, segments: list[int], reader: str, write: Callable[[Cast, str, Draft], Any]
) -> None:
    take_seat(panel, "mara")  # the hiring manager on the panel opens debrief, comparison and export too
    write(panel, "ines", full_draft(1, takeaways="canary"))
    own = panel.browser(reader)
    own.send_json(card(panel), as_json(filled(save_key="k")), method="PATCH")  # begun: only the other's differs now
    token = api_token(panel, reader)
    before = everything(panel, own, token)
    for path in (card(panel), cards(panel), f"/api/v1{cards(panel)}", f"/applications/{panel.cleo_id}/debrief"):
        assert before[path][0] == 200
    assert before["export"][0] == (200 if reader == "mara" else 403)

    @settings(max_examples=2, deadline=None, phases=[Phase.generate])  # every example asks for every page
    @given(st.none() | st.integers(1, 5), st.text("abc<&ü", max_size=40), st.sampled_from(["yes", "no"]))
    def unchanged(value: int | None, words: str, answer: str) -> None:
        rewrite(panel, "ines", value, words, answer)
        after = everything(panel, own, token)
        assert [path for path in before if before[path] != after.get(path)] == []

    unchanged()
    rewrite(panel, "ines", 2, "canary of ines", "no")
    with writing(panel.session) as session:
        service.submit(session, panel.actor(reader), interview_of(panel), now=panel.clock.now())
    assert ("canary of ines" in own.get(cards(panel)).text) == (write is submit)
