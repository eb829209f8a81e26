"""The pages and commands of rubrics."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from interview.db import writing
from interview.rubric import service
from tests.rubric.test_service import SELL, publish
from tests.support.cast import Cast
from tests.support.pages import Browser

PATH = Path(__file__).parents[2] / "rubrics" / "sell_me_this_product.yaml"


def rubric_page(cast: Cast) -> str:
    return f"/jobs/{cast.job_id}/rubric"


@pytest.mark.parametrize("name", ["mara", "ivo", "rita", "ada", "otto", "nils"])
def test_staff_read_a_version_with_every_anchor_and_why(cast: Cast, name: str) -> None:
    version = publish(cast)
    browser = cast.browser(name)
    assert "Sell me this product, version 1" in browser.page("/rubrics").words
    words = browser.page(f"/rubrics/{version.id}").words
    rubric = service.rubric_of(version)
    for criterion in rubric.criteria:
        assert criterion.why in words
        for anchor in criterion.anchors:
            assert " ".join(anchor.split()) in words


def test_candidates_and_strangers_read_none(cast: Cast, anonymous: Browser) -> None:
    publish(cast)
    assert cast.browser("cleo").get("/rubrics").status_code in (403, 404)
    assert anonymous.get("/rubrics").status_code == 302
    cast.browser("ivo").page("/rubrics/999", status=404)


def test_before_anything_is_published_the_page_says_what_to_do(cast: Cast) -> None:
    assert "rubric begin" in cast.browser("mara").page("/rubrics").words
    assert "rubric begin" in cast.browser("mara").page(rubric_page(cast)).words


def test_the_hiring_manager_chooses_a_rubric_and_its_weights(cast: Cast) -> None:
    version = publish(cast)
    mara = cast.browser("mara")
    assert "No rubric is chosen yet" in mara.page(rubric_page(cast)).words
    mara.send(rubric_page(cast), {"version_id": str(version.id)})
    assert "9 attributes are many" in mara.page(rubric_page(cast)).words
    weights = {"version_id": str(version.id), "use-honesty": "1", "weight-honesty": "2,5", "weight-demo": "9"}
    mara.send(f"{rubric_page(cast)}/weights", weights)
    page = mara.page(rubric_page(cast))
    assert "Weight 2.5" in page.words
    ticked = [one["name"] for one in page.all("input") if one.get("type") == "checkbox" and "checked" in one]
    assert ticked == ["use-honesty"]


def test_once_scoring_has_begun_it_is_fixed(cast: Cast) -> None:
    version = publish(cast)
    mara = cast.browser("mara")
    mara.send(rubric_page(cast), {"version_id": str(version.id)})
    with writing(cast.session) as session:
        service.mark_used(session, job_id=cast.job_id, now=cast.clock.now())
    assert not [one for one in mara.page(rubric_page(cast)).all("form") if "rubric" in one.get("action", "")]
    mara.send(rubric_page(cast), {"version_id": str(version.id)}, status=409)


@pytest.mark.parametrize(
    ("name", "reads", "chooses"),
    [
        ("ivo", 200, 403),
        ("rita", 200, 403),
        ("ada", 200, 403),
        ("otto", 404, 404),
        ("nils", 404, 404),
        ("cleo", 403, 403),
    ],
)
def test_who_else_may_do_what(cast: Cast, name: str, reads: int, chooses: int) -> None:
    version = publish(cast)
    browser = cast.browser(name)
    browser.page(rubric_page(cast), status=reads)
    browser.send(rubric_page(cast), {"version_id": str(version.id)}, status=chooses)
    browser.send(f"{rubric_page(cast)}/weights", {"version_id": str(version.id)}, status=chooses)


@pytest.mark.parametrize(
    "fields",
    [
        {"version_id": ""},
        {"version_id": "x"},
        {"use-honesty": "1", "weight-honesty": "much"},
        {"use-honesty": "1", "weight-honesty": "-1"},
        {"use-honesty": "1", "weight-honesty": "nan"},
        {"use-honesty": "1", "weight-honesty": "1e999"},
        {"use-charm": "1", "weight-charm": "1"},
        {},
    ],
)
def test_dirty_weights_are_a_sentence(cast: Cast, fields: dict[str, str]) -> None:
    version = publish(cast)
    mara = cast.browser("mara")
    mara.send(f"{rubric_page(cast)}/weights", {"version_id": str(version.id)} | fields, status=422)
    mara.send(rubric_page(cast), {"version_id": "999"}, status=404)


# -- commands ------------------------------------------------------------------------------------------------------


def test_check_says_every_problem_with_file_and_line(app: Flask, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(SELL.replace(b"    basis: SPIN", b"    bases: SPIN"))
    said = app.test_cli_runner().invoke(args=["rubric", "check", str(PATH), str(broken)])
    assert said.exit_code == 1
    assert f"{PATH}: sell_me_this_product, version 1, 9 attributes." in said.stdout
    unknown = (
        re.escape(str(broken)) + r':\d+: criteria\.discovery\.bases: "bases" is not known here\. Did you mean "basis"\?'
    )
    assert re.search(unknown, said.stderr)
    assert app.test_cli_runner().invoke(args=["rubric", "check", str(PATH)]).exit_code == 0
    assert app.test_cli_runner().invoke(args=["rubric", "check", str(tmp_path / "none.yaml")]).exit_code == 2


def test_load_publishes_once(cast: Cast, tmp_path: Path) -> None:
    runner = cast.app.test_cli_runner()
    assert runner.invoke(args=["rubric", "load", str(PATH)]).exit_code == 0
    assert runner.invoke(args=["rubric", "load", str(PATH)]).exit_code == 0
    assert [one.version for one in service.versions(cast.session)] == [1]
    changed = tmp_path / "changed.yaml"
    changed.write_bytes(SELL.replace(b"Discovery before pitching", b"Discovery"))
    refused = runner.invoke(args=["rubric", "load", str(changed)])
    assert refused.exit_code == 1
    assert "Set version: 2 in the file" in refused.stderr


def test_an_empty_installation_begins_with_our_rubrics(cast: Cast) -> None:
    runner = cast.app.test_cli_runner()
    assert runner.invoke(args=["rubric", "begin"]).exit_code == 0
    ours = {path.stem for path in PATH.parent.glob("*.yaml")}
    assert {one.key for one in service.versions(cast.session)} == ours
    assert "Published rubrics" in cast.browser("mara").page(rubric_page(cast)).words


def test_an_installation_with_a_rubric_of_its_own_is_left_alone(cast: Cast) -> None:
    publish(cast)
    assert cast.app.test_cli_runner().invoke(args=["rubric", "begin"]).exit_code == 0
    assert len(service.versions(cast.session)) == 1
