"""Embeds and links over HTTP: what is added, what a page may load, whose word counts when, what players report."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from interview import audit
from interview.db import writing
from interview.errors import Conflict, Invalid
from interview.hiring.rules import Gate, Stage
from interview.knowledge import service as knowledge
from interview.watch import service
from interview.watch.models import LinkVisit, Material, PlayerTrouble, Watch
from interview.watch.rules.material import ItemState, Source, VersionState
from tests.support.cast import Cast
from tests.support.clock import HandClock
from tests.support.pages import Browser
from tests.watch.conftest import Films, Player
from tests.watch.elsewhere import TEN_MIN, VIMEO, WISTIA, YOUTUBE, ZOOM, add_elsewhere, fill_bank, require
from tests.watch.test_views_material import VTT, form

HTML = {"Accept": "text/html,application/xhtml+xml"}
THIRD = re.compile(r"youtube|vimeo|wistia|google", re.IGNORECASE)


def address_form(address: str = YOUTUBE, length: str = "10:00", **fields: Any) -> dict[str, Any]:
    """The form of an address, valid; `captions` false leaves them out."""
    captions = fields.pop("captions", True)
    sent = form(captions=VTT if captions else None)
    sent.pop("required")
    return {**sent, "address": address, "length": length, "confirmed": "y", **fields}


def go_path(browser: Browser, material_id: int) -> str:
    found = re.search(r'href="(/go/[^"]+)"', browser.get(f"/prep/material/{material_id}").text)
    assert found
    return found[1]


def actions(session: Session, begin: str) -> list[str]:
    session.rollback()
    return [row.action for row in audit.listing(session, action=begin)]


def policy(answer: TestResponse) -> dict[str, str]:
    parts = (one.strip().partition(" ") for one in answer.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, _, sources in parts}


# -- adding and replacing ------------------------------------------------------------------------------------------


def test_an_address_is_recognised_and_shown_at_once(cast: Cast, session: Session) -> None:
    mara = cast.browser("mara")
    assert "From an address" in mara.page(f"/jobs/{cast.job_id}/materials").words
    path = f"/jobs/{cast.job_id}/materials/address"
    assert "What can be known of it" in mara.page(path).words
    mara.send(path, address_form("youtu.be/dQw4w9WgXcQ?si=1", required="y"))
    (material,) = session.scalars(select(Material))
    version = material.newest
    assert (version.source, version.address, version.state) == (Source.YOUTUBE, YOUTUBE, VersionState.READY)
    assert (version.duration_ms, material.required, material.ready_number) == (TEN_MIN, True, 1)
    page = mara.page(f"/materials/{material.id}")
    assert "observed (third-party player)" in page.words
    assert "10:00, as confirmed by hand" in page.words
    assert "What players reported" in page.words
    assert not [
        tag
        for tag, attrs in page.tags
        if tag in ("iframe", "video", "youtube-video") or attrs.get("src", "").startswith("http")
    ]
    assert "YouTube" in mara.page(f"/jobs/{cast.job_id}/materials").words
    assert cast.browser("cleo").get(f"/prep/material/{material.id}").status_code == 200
    assert set(actions(session, "material:")) == {"material:address-added", "material:captioned"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"address": "javascript:alert(1)"}, "not the address of a page"),
        ({"address": "http://192.168.0.1/film"}, "own network"),
        ({"address": ""}, "Paste the address"),
        ({"length": "ten"}, "minutes and seconds"),
        ({"length": ""}, "Enter how long it is"),
        ({"confirmed": ""}, "Look at the length"),
        ({"title": ""}, "Give the material a title"),
        ({"required": "y", "captions": False}, "needs captions"),
        ({"required": "y", "address": ZOOM}, "question bank is large enough"),
    ],
)
def test_what_cannot_be_added_is_refused_at_its_field(
    cast: Cast, session: Session, fields: dict[str, Any], sentence: str
) -> None:
    answer = cast.browser("mara").send(f"/jobs/{cast.job_id}/materials/address", address_form(**fields), status=422)
    assert sentence in answer.text
    assert session.scalars(select(Material)).all() == []


def test_a_link_becomes_required_only_with_questions_about_all_of_it(cast: Cast, session: Session) -> None:
    mara = cast.browser("mara")
    material_id = add_elsewhere(cast, ZOOM)
    edit = {"title": "The webinar", "kind": "webinar", "required": "y", "need_pct": "95", "excluded": ""}
    refused = mara.send(f"/materials/{material_id}", edit, status=422).text
    assert "24 more of 24 questions" in refused
    assert "3 more with a moment in the last third" in refused
    fill_bank(cast, material_id, count=23)
    refused = mara.send(f"/materials/{material_id}", edit, status=422).text
    assert "1 more of 24 questions." in refused
    fill_bank(cast, material_id, count=1)
    mara.send(f"/materials/{material_id}", edit)
    page = mara.page(f"/jobs/{cast.job_id}/questions").words
    assert "Higher than you set it" in page
    assert "8 questions, spread over beginning, middle and end, one at a time" in page
    assert "3 attempts, 12 hours between" in page
    first = knowledge.bank(session, cast.job_id)[0]
    with pytest.raises(Conflict, match="needed while a link is required"), writing(session):
        knowledge.retire_question(session, cast.actor("mara"), first, now=cast.clock.now())
    assert mara.send(f"/jobs/{cast.job_id}/questions/{first.id}/retire", status=409)
    fill_bank(cast, material_id, count=1)
    with writing(session):
        knowledge.retire_question(session, cast.actor("mara"), first, now=cast.clock.now())


def test_a_withdrawn_link_comes_back_as_required_only_with_its_bank(cast: Cast, session: Session) -> None:
    material_id = add_elsewhere(cast, ZOOM)
    fill_bank(cast, material_id)
    require(cast, material_id)
    actor, now = cast.actor("mara"), cast.clock.now()
    with writing(session):
        service.withdraw_material(session, actor, service.material(session, material_id), now=now)
    assert knowledge.settings_in_effect(session, cast.job_id).draw_count == 0
    with writing(session):
        knowledge.retire_question(session, actor, knowledge.bank(session, cast.job_id)[0], now=now)
    with pytest.raises(Invalid, match="1 more of 24"), writing(session):
        service.restore_material(session, actor, service.material(session, material_id), now=now)


def test_every_kind_replaces_every_other(cast: Cast, session: Session, films: Films) -> None:
    mara = cast.browser("mara")
    material_id = films.add(required=False)
    path = f"/materials/{material_id}/address"
    assert "Replace by an address" in mara.page(path).words
    sent = {"length": "10:00", "confirmed": "y"}
    for number, (address, source) in enumerate(
        [(YOUTUBE, "youtube"), (VIMEO, "vimeo"), (WISTIA, "wistia"), (ZOOM, "link"), (YOUTUBE, "youtube")], 2
    ):
        mara.send(path, {**sent, "address": address})
        session.rollback()
        found = service.material(session, material_id)
        assert (found.ready_number, found.ready.source if found.ready else "") == (number, source)
        assert found.newest.captions
    mara.send(path, {**sent, "address": YOUTUBE}, status=409)
    mara.send(path, {**sent, "address": YOUTUBE, "length": "10:01"})
    mara.send(path, {**sent, "address": "ftp://x"}, status=422)
    films.replace(material_id, duration_ms=TEN_MIN)
    session.rollback()
    assert service.material(session, material_id).newest.source == Source.FILE
    assert "material:replaced" in actions(session, "material:")


def test_a_link_asks_for_the_mp4(cast: Cast, short_film: Any) -> None:
    mara = cast.browser("mara")
    material_id = add_elsewhere(cast, ZOOM)
    page = mara.page(f"/materials/{material_id}").words
    assert "Download the Zoom MP4 and upload it here: then watching is observed." in page
    assert "attested, not observed" in page
    fill_bank(cast, material_id)
    require(cast, material_id)
    film = form(short_film.read_bytes(), captions=None)
    assert "needs captions" in mara.send(f"/materials/{material_id}/film", {"film": film["film"]}, status=422).text


# -- consent, and what a page may load -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "company", "hosts"),
    [
        (
            YOUTUBE,
            "YouTube",
            {"script-src": "https://www.youtube.com/iframe_api", "frame-src": "https://www.youtube-nocookie.com"},
        ),
        (VIMEO, "Vimeo", {"frame-src": "https://player.vimeo.com"}),
        (WISTIA, "Wistia", {"script-src": "https://fast.wistia.com", "media-src": "https://*.wistia.com"}),
    ],
)
def test_a_player_is_loaded_after_consent_alone(cast: Cast, address: str, company: str, hosts: dict[str, str]) -> None:
    material_id = add_elsewhere(cast, address)
    cleo, path = cast.browser("cleo"), f"/prep/material/{material_id}"
    before = cleo.get(path)
    assert not THIRD.search(before.headers["Content-Security-Policy"])
    assert "frame-src" not in policy(before)
    assert before.headers["Referrer-Policy"] == "no-referrer"
    assert f"Load the {company} player" in before.text
    assert "your IP address" in before.text
    assert "Read the transcript" in before.text
    assert "embed.js" not in before.text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', before.text)
    assert cleo.post(f"{path}/player").status_code == 400  # no CSRF token
    cleo.send(f"{path}/player")
    after = cleo.get(path)
    for directive, host in hosts.items():
        assert host in policy(after)[directive].split()
    assert "unsafe" not in policy(after)["script-src"]
    assert policy(after)["connect-src"].startswith("'self'")
    assert after.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "embed.js" in after.text
    for elsewhere in ("/prep", "/prep/status"):
        assert not THIRD.search(cleo.get(elsewhere).headers["Content-Security-Policy"])
    assert "embed.js" not in cast.browser("cato").get(path).text
    assert "embed.js" not in cast.browser("cleo").get(path).text  # another device
    cleo.send(f"{path}/player", {"take_back": "1"})
    assert "embed.js" not in cleo.get(path).text


def test_consent_is_per_company(cast: Cast) -> None:
    cleo = cast.browser("cleo")
    one, other, two = (add_elsewhere(cast, address) for address in (YOUTUBE, VIMEO, "https://youtu.be/aaaaaaaaaaa"))
    cleo.send(f"/prep/material/{one}/player")
    assert "embed.js" in cleo.get(f"/prep/material/{two}").text
    assert "embed.js" not in cleo.get(f"/prep/material/{other}").text
    cleo.send(f"/prep/material/{add_elsewhere(cast, ZOOM)}/player", status=404)


def test_an_embed_without_captions_offers_the_team_instead_of_a_dead_end(cast: Cast, session: Session) -> None:
    material_id = add_elsewhere(cast, YOUTUBE)
    with writing(session):
        service.material(session, material_id).newest.captions = None
    page = cast.browser("cleo").page(f"/prep/material/{material_id}").words
    assert "There is no transcript of it yet" in page
    assert "Tell the team" in page


def test_an_embed_is_watched_by_the_same_protocol_and_told_as_what_it_is(
    cast: Cast, clock: HandClock, session: Session
) -> None:
    material_id = add_elsewhere(cast, YOUTUBE, required=True)
    cleo = cast.browser("cleo")
    assert Player(cleo, clock, material_id).open().play(0, TEN_MIN)["done"]
    (item,) = [one for one in cleo.get("/prep.json").get_json()["items"] if one["kind"] == "material"]
    assert (item["tier"], item["state"], item["covered_ms"]) == ("B", "done", TEN_MIN)
    record = cast.browser("mara").page(f"/applications/{cast.cleo_id}/prep").words
    assert "Full coverage observed (third-party player)" in record
    assert cleo.get(f"/watch/{material_id}/film/1").status_code == 404
    assert cleo.get(f"/watch/{material_id}/captions/1.vtt").status_code == 200


# -- what players report -------------------------------------------------------------------------------------------


def report(browser: Browser, material_id: int, status: int = 200, **body: Any) -> dict[str, Any]:
    found: dict[str, Any] = browser.send_json(f"/watch/{material_id}/trouble", body, status=status).get_json()
    return found


def test_a_trouble_is_one_row_told_to_the_team_until_it_is_seen_to(cast: Cast, session: Session) -> None:
    material_id = add_elsewhere(cast, YOUTUBE, required=True)
    cleo, rita, mara = cast.browser("cleo"), cast.browser("rita"), cast.browser("mara")
    assert report(cleo, material_id, code="150") == {"code": "150", "count": 1}
    assert report(cleo, material_id, code="150")["count"] == 2
    report(cast.browser("cato"), material_id, code="150")
    rows = session.scalars(select(PlayerTrouble).order_by(PlayerTrouble.id)).all()
    assert [(row.code, row.count, row.material_version) for row in rows] == [("150", 2, 1), ("150", 1, 1)]
    for home in (rita.page("/").words, mara.page("/").words):
        assert "Players report trouble" in home
        assert "may not be played on other pages" in home
    for other in ("otto", "ivo", "ada"):
        assert "Players report trouble" not in cast.browser(other).page("/").words
    page = mara.page(f"/materials/{material_id}").words
    assert "Cleo Candidate" in page
    assert "2 times" in page
    assert "Allow embedding in YouTube Studio" in page
    assert "Cleo Candidate" not in cast.browser("ivo").page(f"/materials/{material_id}").words
    cleo.send(f"/prep/material/{material_id}/player")
    own = cleo.page(f"/prep/material/{material_id}").words
    assert "does not allow playing it on other pages. That is nothing you did. The team knows since" in own
    path = f"/materials/{material_id}/troubles/{rows[0].id}/settlement"
    cast.browser("otto").send(path, status=404)
    cast.browser("ivo").send(path, status=403)
    rita.send(path, {"back": "home"})
    rita.send(f"/materials/{material_id}/troubles/{rows[1].id}/settlement")
    assert "Players report trouble" not in rita.page("/").words
    assert "Seen to" in mara.page(f"/materials/{material_id}").words
    report(cleo, material_id, code="150")
    assert "3 times" in rita.page("/").words
    assert actions(session, "material:trouble").count("material:trouble-reported") == 3
    assert actions(session, "material:trouble").count("material:trouble-settled") == 2
    assert (
        service.progress_of(session, [cast.cleo_id])[cast.cleo_id][0].state is ItemState.TODO
    )  # never completed by it


def test_a_length_is_compared_and_crediting_goes_on(cast: Cast, clock: HandClock, session: Session) -> None:
    material_id = add_elsewhere(cast, YOUTUBE)
    cleo = cast.browser("cleo")
    assert report(cleo, material_id, code="length", found_ms=TEN_MIN + 500)["count"] == 0
    assert session.scalars(select(PlayerTrouble)).all() == []
    assert report(cleo, material_id, code="length", found_ms=480_000)["count"] == 1
    page = cast.browser("mara").page(f"/materials/{material_id}").words
    assert "was it changed?" in page
    assert "The player says 08:00." in page
    cleo.send(f"/prep/material/{material_id}/player")
    assert "data-trouble hidden" in cleo.get(f"/prep/material/{material_id}").text  # nothing the candidate must know
    assert Player(cleo, clock, material_id).open().play(0, TEN_MIN)["done"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "7"},
        {"code": 150},
        {"code": "x" * 5000},
        {"code": "150", "found_ms": 1000},
        {"code": "length"},
        {"code": "length", "found_ms": "1000"},
        {"code": "length", "found_ms": True},
        {"code": "length", "found_ms": -1},
        {"code": "length", "found_ms": 2**31},
        {"code": "150", "candidate_id": 1},
    ],
)
def test_only_known_codes_are_taken(cast: Cast, session: Session, body: dict[str, Any]) -> None:
    material_id = add_elsewhere(cast, YOUTUBE)
    cast.browser("cleo").send_json(f"/watch/{material_id}/trouble", body, status=422)
    assert session.scalars(select(PlayerTrouble)).all() == []


def test_trouble_needs_a_token_a_player_and_the_own_job(cast: Cast, films: Films) -> None:
    material_id = add_elsewhere(cast, YOUTUBE)
    cleo = cast.browser("cleo")
    assert cleo.post(f"/watch/{material_id}/trouble", json={"code": "150"}).status_code == 400
    report(cast.browser("oda"), material_id, status=404, code="150")
    report(cleo, films.add(), status=404, code="150")
    report(cleo, add_elsewhere(cast, ZOOM), status=404, code="150")
    assert (
        cleo.post(f"/watch/{material_id}/trouble", data=b"x" * 9000, headers={"X-CSRFToken": cleo.csrf()}).status_code
        == 413
    )


# -- a plain link --------------------------------------------------------------------------------------------------


def attest(browser: Browser, material_id: int, status: int, **kwargs: Any) -> TestResponse:
    return browser.send(f"/watch/{material_id}/attestation", {"agree": "y"}, status=status, **kwargs)


def test_a_link_is_opened_waited_for_and_attested(cast: Cast, clock: HandClock, session: Session) -> None:
    material_id = add_elsewhere(cast, ZOOM)
    cleo = cast.browser("cleo")
    page = cleo.page(f"/prep/material/{material_id}").words
    assert "us02web.zoom.us" in page
    assert "Open the recording" in page
    early = attest(cleo, material_id, 409).get_json()
    assert (early["reason"], early["remaining_s"]) == ("too_early", 300)
    path = go_path(cleo, material_id)
    answer = cleo.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, ZOOM)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    clock.forward(minutes=2)
    for _ in range(10):
        assert cleo.get(path).status_code == 302
    early = attest(cleo, material_id, 409).get_json()
    assert early["remaining_s"] == 180  # opening it again adds nothing
    said = attest(cleo, material_id, 409, headers=HTML).text
    assert "takes 3 minutes more" in said
    assert 'data-left-s="180"' in cleo.get(f"/prep/material/{material_id}").text
    clock.forward(milliseconds=179_999)
    assert attest(cleo, material_id, 409).get_json()["remaining_s"] == 1
    clock.forward(milliseconds=1)
    assert (
        cleo.send(f"/watch/{material_id}/attestation", status=422).get_json()["detail"].startswith("Tick the sentence")
    )
    assert "Tick the sentence" in cleo.send(f"/watch/{material_id}/attestation", status=422, headers=HTML).text
    attest(cleo, material_id, 303)
    attest(cleo, material_id, 303)
    visit = session.scalars(select(LinkVisit)).one()
    words = "I have watched the recording “The webinar” from beginning to end, at normal or up to double speed."
    assert (visit.open_count, visit.attestation, visit.attested_at) == (11, words, clock.now())
    watch = session.scalars(select(Watch)).one()
    assert (watch.tier, watch.covered_ms, watch.done_at) == ("C", 0, clock.now())
    assert actions(session, "watch:") == ["watch:attested", "watch:link-opened"]
    assert words in cleo.page(f"/prep/material/{material_id}").words
    (item,) = [one for one in cleo.get("/prep.json").get_json()["items"] if one["kind"] == "material"]
    assert (item["tier"], item["state"], item["covered_ms"]) == ("C", "done", 0)
    record = cast.browser("mara").page(f"/applications/{cast.cleo_id}/prep").words
    assert "Attested, not observed" in record
    assert "Nothing observed yet" in record  # the summary claims nothing for it
    assert cleo.page("/prep").words.count("You said that you watched it") == 1


def test_an_attested_link_opens_the_gate_with_the_check(cast: Cast, clock: HandClock, session: Session) -> None:
    material_id = add_elsewhere(cast, ZOOM)
    with writing(session):
        cast.job.gate = Gate.REQUIRED
    fill_bank(cast, material_id)
    require(cast, material_id)
    cleo = cast.browser("cleo")
    assert cleo.get("/pitch").status_code == 403
    cleo.get(go_path(cleo, material_id))
    clock.forward(minutes=5)
    attest(cleo, material_id, 303)
    refused = cleo.get("/pitch")
    assert refused.status_code == 403
    assert "Knowledge check" in refused.text
    cleo.send("/prep/knowledge/attempts")
    for _ in range(8):
        html = cleo.get("/prep/knowledge/attempts/1").text
        assert html.count("<fieldset") == 1
        options = re.findall(r'name="(q-\d+)" id="[^"]+" value="(\d+)".*?<label[^>]*>([^<]*)</label>', html, re.S)
        name, value = next((name, value) for name, value, words in options if words.endswith("yes"))
        cleo.send(f"/prep/knowledge/attempts/1/questions/{name[2:]}", {name: value})
    assert "All 8 questions are answered" in cleo.page("/prep/knowledge/attempts/1").words
    cleo.send("/prep/knowledge/attempts/1")
    assert cleo.get("/pitch").status_code == 200
    session.rollback()
    assert cast.cleo.stage in (Stage.READY, Stage.PREPARING)


@pytest.mark.parametrize(
    "tamper",
    [lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), lambda _: "x", lambda token: "W10" + token[3:]],
)
def test_a_token_is_only_its_own_candidates_and_only_as_it_was_made(cast: Cast, session: Session, tamper: Any) -> None:
    material_id = add_elsewhere(cast, ZOOM)
    cleo = cast.browser("cleo")
    path = go_path(cleo, material_id)
    assert cast.browser("cato").get(path).status_code == 404
    assert cast.browser("oda").get(path).status_code == 404
    assert cleo.get("/go/" + tamper(path.removeprefix("/go/"))).status_code == 404
    assert cast.browser("mara").get(path).status_code == 403
    assert session.scalars(select(LinkVisit)).all() == []


def test_an_old_token_leads_nowhere_after_the_link_changed(cast: Cast, clock: HandClock, session: Session) -> None:
    material_id = add_elsewhere(cast, ZOOM)
    cleo = cast.browser("cleo")
    path = go_path(cleo, material_id)
    cleo.get(path)
    clock.forward(minutes=5)
    cast.browser("mara").send(
        f"/materials/{material_id}/address", {"address": "https://example.org/new", "length": "20:00", "confirmed": "y"}
    )
    assert cleo.get(path).status_code == 410
    assert attest(cleo, material_id, 409).get_json()["remaining_s"] == 600  # the new one was never opened
    assert cleo.get(go_path(cleo, material_id)).headers["Location"] == "https://example.org/new"
    with writing(session):
        service.withdraw_material(session, cast.actor("mara"), service.material(session, material_id), now=clock.now())
    assert cleo.get(go_path_of(material_id, cleo)).status_code == 410
    assert attest(cleo, material_id, 410)


def go_path_of(material_id: int, browser: Browser) -> str:
    """A token of the newest version, made past the page, which is gone."""
    from interview.watch.views_elsewhere import _tokens

    app = browser.application
    with app.test_request_context():
        candidate_id = 1
        return f"/go/{_tokens().dumps([candidate_id, material_id, 2])}"


def test_nothing_is_credited_for_a_link(cast: Cast) -> None:
    material_id = add_elsewhere(cast, ZOOM)
    cast.browser("cleo").send_json(f"/watch/{material_id}/lease", {}, status=404)


def test_the_wait_runs_by_the_steady_clock(cast: Cast, clock: HandClock) -> None:
    from datetime import timedelta

    material_id = add_elsewhere(cast, ZOOM)
    cleo = cast.browser("cleo")
    cleo.get(go_path(cleo, material_id))
    clock.at += timedelta(minutes=30)  # somebody sets the server's wall clock
    assert attest(cleo, material_id, 409).get_json()["remaining_s"] == 300


def test_a_decided_application_attests_nothing(cast: Cast, session: Session) -> None:
    material_id = add_elsewhere(cast, ZOOM)
    cleo = cast.browser("cleo")
    path = go_path(cleo, material_id)
    with writing(session):
        cast.cleo.stage = Stage.DECIDED
    assert cleo.get(path).status_code == 410
    assert attest(cleo, material_id, 410).get_json()["reason"] == "closed"
