"""The pages of calibration, asked for by everybody; the gold ratings on none of them before the own card."""

from __future__ import annotations

import io
from typing import Any

import pytest

from interview.calibration import service
from tests.calibration.stage import CANARY, EXPERTS, add_sample, begin, card, own, rate, rated, whole_round
from tests.scorecard.stage import KEYS, PITCH
from tests.support.cast import Cast


def page_of(cast: Cast) -> str:
    return f"/jobs/{cast.job_id}/calibration"


def sample_form(*, file: bytes = PITCH, **also: str) -> dict[str, Any]:
    return {"title": "The shy seller", "experts": EXPERTS, "file": (io.BytesIO(file), "pitch.vtt"), **also}


def filled(edition: int, rating: str = "3", note: str = "Said it.") -> dict[str, str]:
    fields = {"edition": str(edition)}
    for key in KEYS:
        fields |= {f"rating-{key}": rating, f"note-{key}": note}
    return fields


def test_a_sample_is_added_rated_by_experts_opened_and_withdrawn(ready: Cast) -> None:
    mara = ready.browser("mara")
    assert "No sample pitch yet" in mara.page(page_of(ready)).words
    gold = mara.send(f"{page_of(ready)}/samples", sample_form()).location
    assert "Xenia Expert, Yuri Expert agreed" in mara.page(gold).words
    mara.send(gold, filled(0))
    assert "Said it." in mara.page(gold).words
    assert "Lock the gold ratings" in mara.send(f"{gold}/opening", filled(1), status=200).text
    mara.send(f"{gold}/opening", {"confirmed": "1"})
    assert "Locked." in mara.page(gold).words
    assert "open since" in mara.page(page_of(ready)).words
    mara.send(f"{gold}/withdrawal")
    assert "withdrawn" in mara.page(page_of(ready)).words


def test_gold_without_reasons_says_what_is_missing_and_keeps_what_was_written(ready: Cast) -> None:
    sample_id = add_sample(ready)
    mara, gold = ready.browser("mara"), f"/calibration/samples/{sample_id}"
    answer = mara.send(f"{gold}/opening", filled(0, "4", "") | {"note-middle": "Because."}, status=422)
    assert answer.text.count("write why the experts agreed") == 5
    assert "Because." in mara.page(gold).words


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"experts": "One Alone"}, "Name 2 to 10 experts"),
        ({"title": ""}, "Give the sample a title."),
        ({"file": b"\0\1\2"}, "error-summary"),
        ({"file": b""}, "error-summary"),
    ],
)
def test_a_sample_that_cannot_be_kept(ready: Cast, wrong: dict[str, Any], sentence: str) -> None:
    mara = ready.browser("mara")
    answer = mara.send(f"{page_of(ready)}/samples", sample_form(**wrong), status=422)
    assert sentence in answer.text
    assert "No sample pitch yet" in mara.page(page_of(ready)).words


def test_no_page_holds_gold_before_the_own_card(ready: Cast) -> None:
    sample_id = add_sample(ready, gold=rated(5, CANARY))
    whole_round(ready, name="ines")
    card_id = begin(ready)
    round_id = card(ready, card_id).card.round_id
    ivo, mine = ready.browser("ivo"), f"/calibration/cards/{card_id}"
    pages = [page_of(ready), mine, f"/calibration/rounds/{round_id}", f"/calibration/samples/{sample_id}", "/"]
    for path in pages:
        assert CANARY not in ivo.get(path).text
        assert "experts 5" not in ivo.get(path).text
    ivo.send_json(mine, {"edition": ["0"], "note-middle": ["x"]}, method="PATCH")
    assert CANARY not in ivo.send(f"{mine}/submission", filled(1) | {"rating-middle": ""}, status=422).text
    assert CANARY not in ivo.send(f"{mine}/submission", filled(2), status=200).text
    ivo.send(f"{mine}/submission", {"confirmed": "1"})
    assert CANARY in ivo.page(mine).words
    assert "experts 5" in ivo.page(f"/calibration/rounds/{round_id}").words
    assert ivo.get(f"/calibration/samples/{sample_id}").status_code == 403
    begin(ready)
    assert CANARY not in ivo.get(mine).text
    assert "closed while a round is under way" in ivo.page(page_of(ready)).words
    assert ivo.get(f"/calibration/rounds/{round_id}").status_code == 403


def test_the_round_in_plain_words(ready: Cast) -> None:
    add_sample(ready, "Counted", gold=rated(3, demo=None))
    round_id = whole_round(ready, rated(4))
    words = ready.browser("ivo").page(f"/calibration/rounds/{round_id}").words
    assert "On average 1 point more lenient than the experts." in words
    assert "1 point from the experts" in words.casefold()
    assert "Counted: 4, experts not observed" in words


def test_the_task_stands_on_the_home_page(ready: Cast) -> None:
    ivo = ready.browser("ivo")
    assert "Rate the sample pitches" not in ivo.page("/").words
    add_sample(ready, gold=rated())
    assert "Rate the sample pitches" in ivo.page("/").words
    assert "Rate the sample pitches" not in ready.browser("mara").page("/").words
    begin(ready)
    assert "Go on with the round" in ivo.page("/").words
    rate(ready, own(ready).next_card_id or 0)
    assert "sample pitches" not in ivo.page("/").words
    ready.clock.forward(days=90)
    assert "Rate the sample pitches again" in ready.browser("ivo").page("/").words


def test_a_save_from_another_tab_is_not_overwritten(ready: Cast) -> None:
    add_sample(ready, gold=rated())
    mine = f"/calibration/cards/{begin(ready)}"
    ivo = ready.browser("ivo")
    ivo.send(mine, filled(0))
    answer = ivo.send(mine, filled(0, note="From the second tab."), status=409)
    assert "From the second tab." in answer.text
    assert "another tab" in answer.text
    refused = ivo.send_json(mine, {"edition": ["0"]}, method="PATCH", status=409)
    assert refused.json["fields"]["edition"] == "1"


def test_a_card_is_its_raters_alone_and_locked_once(ready: Cast) -> None:
    add_sample(ready, gold=rated())
    mine = f"/calibration/cards/{begin(ready)}"
    for who, status in (("ines", 404), ("mara", 403), ("rita", 403), ("otto", 404), ("nils", 404)):
        other = ready.browser(who)
        assert other.get(mine).status_code == status
        other.send(mine, filled(0), status=status)
        other.send(f"{mine}/submission", {"confirmed": "1"}, status=status)
    ivo = ready.browser("ivo")
    ivo.send(f"{mine}/submission", filled(0) | {"confirmed": "1"})
    ivo.send(mine, filled(1), status=409)
    assert service.raters(ready.session, ready.job_id, now=ready.clock.now())[2].standing == "calibrated"


@pytest.mark.parametrize(
    "body", [[], {"edition": "0"}, {"edition": ["x"]}, {"rating-middle": ["9"], "note-middle": [""]}]
)
def test_what_no_page_sends_is_refused(ready: Cast, body: Any) -> None:
    add_sample(ready, gold=rated())
    mine = f"/calibration/cards/{begin(ready)}"
    answer = ready.browser("ivo").open(mine, method="PATCH", json=body, headers={"X-CSRFToken": "none"})
    assert answer.status_code in (400, 403)
    ivo = ready.browser("ivo")
    answer = ivo.open(mine, method="PATCH", json=body, headers={"X-CSRFToken": ivo.csrf()})
    assert 400 <= answer.status_code < 500


def test_the_debrief_points_to_the_evidence(ready: Cast) -> None:
    from tests.scorecard.stage import submit

    add_sample(ready, gold=rated())
    whole_round(ready)
    ready.clock.forward(days=2, hours=1)
    for name in ("ivo", "ines", "iris"):
        submit(ready, name)
    words = ready.browser("mara").page(f"/applications/{ready.cleo_id}/debrief").words
    assert "2 scorecards were submitted without a calibration round in force" in words
