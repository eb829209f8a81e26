"""The pages and commands of rubrics."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from interview.db import writing
from interview.rubric import service
from tests.rubric.test_service import SELL, publish
from tests.support.cast import Cast
from tests.support.pages import Browser, Page

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


# -- drafts, files, changes ------------------------------------------------------------------------------------------


def fields_of(html: str) -> dict[str, str]:
    """The fields of the editor as a browser would send them."""
    form = html[html.index('<form id="draft"') :]
    form = form[: form.index("</form>")]
    found = {}
    for attrs in Page(form).all("input"):
        if attrs.get("type") != "checkbox" or "checked" in attrs:
            found[attrs["name"]] = attrs.get("value", "")
    for name, value in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(value)
    return {name: value for name, value in found.items() if name != "csrf_token"}


def begin(cast: Cast, name: str = "mara") -> str:
    """Begin a draft of the rubric; returns its address."""
    version = service.versions(cast.session)[0] if service.versions(cast.session) else publish(cast)
    answer = cast.browser(name).send(f"/rubrics/{version.id}/drafts")
    return answer.headers["Location"]


def stored(cast: Cast, address: str) -> Any:
    cast.session.rollback()
    return service.draft(cast.session, int(address.rsplit("/", 1)[1]))


def test_the_editor_sends_back_what_it_shows(cast: Cast) -> None:
    address = begin(cast)
    mara = cast.browser("mara")
    before = stored(cast, address).body
    mara.send(address, fields_of(mara.get(address).text))
    assert stored(cast, address).body == before
    assert stored(cast, address).edition == 2


def test_a_plain_form_writes_steps_and_publishes(cast: Cast) -> None:
    address = begin(cast)
    mara = cast.browser("mara")
    fields = fields_of(mara.get(address).text) | {"criteria-0-name": "Asking first", "step": "criteria-0-down"}
    answer = mara.send(address, fields)
    assert answer.headers["Location"].endswith("?open=criteria-1#criteria-1")
    added = mara.send(address, fields_of(mara.get(address).text) | {"step": "sections-0-add"})
    assert added.headers["Location"].endswith("#exercise-sections-3")
    assert "2 things to settle before publishing" in mara.page(address).words
    refused = mara.send(f"{address}/publication", fields_of(mara.get(address).text), status=422)
    assert "Section 4, script" in Page(refused.text).words
    fields = fields_of(mara.get(address).text) | {"step": "sections-3-remove"}
    mara.send(address, fields)
    assert "is taken out" in mara.page(address).words
    asked = mara.send(f"{address}/publication", fields_of(mara.get(address).text), status=200)
    assert "Publish this rubric?" in Page(asked.text).words
    published = mara.send(f"{address}/publication", {"confirmed": "1"})
    page = mara.page(published.headers["Location"])
    assert "version 2" in page.words
    assert "Asking first" in page.words
    mara.page(address, status=404)


def test_blank_and_odd_input_loses_nothing(cast: Cast) -> None:
    address = begin(cast)
    mara = cast.browser("mara")
    odd = {
        "criteria-0-weight": "very",
        "criteria-1-weight": "2,5",
        "criteria-0-why": "<script>x</script>\0",
        "exercise-minutes": "",
        "name": "",
        "criteria-0-checks": "one\r\n\r\n two ",
    }
    mara.send(address, fields_of(mara.get(address).text) | odd)
    body = stored(cast, address).body
    assert [one["weight"] for one in body["criteria"][:2]] == ["very", 2.5]
    assert body["criteria"][0]["why"] == "<script>x</script>"
    assert body["criteria"][0]["checks"] == ["one", "two"]
    page = mara.page(address)
    assert fields_of(mara.get(address).text)["criteria-0-weight"] == "very"
    assert 'Attribute 1, weight : "weight" must be a number.' in page.words
    assert "Without a name yet" in mara.page("/rubrics").words


def test_a_conflict_gives_back_what_was_typed(cast: Cast) -> None:
    address = begin(cast)
    mara, otto = cast.browser("mara"), cast.browser("otto")
    fields = fields_of(mara.get(address).text)
    otto.send(address, fields | {"step": "criteria-0-remove"})
    answer = mara.send(address, fields | {"criteria-0-why": "Typed by Mara"}, status=409)
    assert "saved this draft in another tab" in Page(answer.text).words
    assert len(stored(cast, address).body["criteria"]) == 8
    again = fields_of(answer.text)
    assert (again["criteria-0-why"], again["edition"]) == ("Typed by Mara", "2")
    mara.send(address, again)
    assert len(stored(cast, address).body["criteria"]) == 9


def test_an_autosave_answers_with_the_preview(cast: Cast) -> None:
    address = begin(cast)
    mara = cast.browser("mara")
    fields = {name: [value] for name, value in fields_of(mara.get(address).text).items()}
    answer = mara.send_json(address, fields | {"criteria-0-name": ["<b>Asking</b>"]}, method="PATCH")
    assert "&lt;b&gt;Asking&lt;/b&gt;" in answer.json["preview"]
    assert "Ready to publish" in answer.json["preview"]
    assert "9 attributes are many for one interviewer" in answer.json["preview"]
    assert answer.json["edition"] == 2
    mara.send_json(address, fields, method="PATCH", status=409)
    for body in ([], {"edition": "1"}, {"edition": [1]}, {"edition": ["x"]}, {}):
        mara.send_json(address, body, method="PATCH", status=400)


def test_a_draft_is_discarded(cast: Cast) -> None:
    address = begin(cast)
    cast.browser("mara").send(f"{address}/removal")
    assert "Drafts" not in cast.browser("mara").page("/rubrics").words


@pytest.mark.parametrize("name", ["ivo", "rita", "ada", "nils", "cleo"])
def test_only_hiring_managers_write_rubrics(cast: Cast, name: str) -> None:
    address = begin(cast)
    browser = cast.browser(name)
    for path in (address, f"{address}/changes"):
        browser.page(path, status=403)
    for path in (address, f"{address}/publication", f"{address}/removal", "/rubrics/1/drafts", "/rubrics/imports"):
        browser.send(path, status=403)
    browser.send_json(address, {}, method="PATCH", status=403)
    if name != "cleo":
        words = browser.page("/rubrics").words
        assert "Drafts" not in words
        assert "Import a file" not in words


def test_a_version_is_a_file_that_is_imported_again(cast: Cast) -> None:
    version = publish(cast)
    answer = cast.browser("ivo").get(f"/rubrics/{version.id}/yaml")
    assert answer.headers["Content-Disposition"] == "attachment; filename=sell_me_this_product-v1.yaml"
    assert answer.mimetype == "application/yaml"
    mara = cast.browser("mara")
    mara.send("/rubrics/imports", {"file": (BytesIO(answer.data), "v1.yaml")}, status=409)
    other = answer.data.replace(b"Discovery before pitching", b"Asking first")
    made = mara.send("/rubrics/imports", {"file": (BytesIO(other), "v1.yaml")})
    assert "Asking first" in mara.page(made.headers["Location"]).words


def test_an_import_tells_every_problem_by_its_line(cast: Cast) -> None:
    broken = SELL.replace(b"version: 1", b"version: x").replace(b"    basis: SPIN", b"    bases: SPIN")
    answer = cast.browser("mara").send("/rubrics/imports", {"file": (BytesIO(broken), "x.yaml")}, status=422)
    words = Page(answer.text).words
    assert "Nothing was imported: 3 things to settle in the file" in words
    assert 'Line 4, version: "version" must be a whole number.' in words
    line = broken.splitlines().index(next(one for one in broken.splitlines() if b"bases: SPIN" in one)) + 1
    assert f'Line {line}, criteria.discovery.bases: "bases" is not known here. Did you mean "basis"?' in words


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\0", b"a: !!python/object:x {}", b"x" * 300_000])
def test_what_is_no_rubric_file_is_a_sentence(cast: Cast, data: bytes) -> None:
    answer = cast.browser("mara").send("/rubrics/imports", {"file": (BytesIO(data), "x.yaml")}, status=422)
    assert "Nothing was imported" in Page(answer.text).words
    cast.browser("mara").send("/rubrics/imports", status=422)


def second_version(cast: Cast) -> int:
    """Publish version 2 by Mara, with another reason for the first attribute; returns its id."""
    address = begin(cast)
    mara = cast.browser("mara")
    changed = {"criteria-0-why": "A pitch that begins before the need is known sells to nobody.", "confirmed": "1"}
    answer = mara.send(f"{address}/publication", fields_of(mara.get(address).text) | changed)
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def test_two_versions_are_compared_word_by_word(cast: Cast) -> None:
    second = second_version(cast)
    page = cast.browser("ivo").page(f"/rubrics/{second}/changes")
    assert "Since version 1" in page.words
    assert "before the [taken out: problem ] [new: need ] is known" in page.words
    assert "Attribute: Discovery before pitching" in page.words
    assert "Attribute: Problem" not in page.words
    first = next(one for one in service.versions(cast.session) if one.version == 1)
    assert "[taken out: need ] [new: problem ]" in cast.browser("ivo").page(f"/rubrics/{first.id}/changes").words
    cast.browser("ivo").page(f"/rubrics/{second}/changes?since=x")


def test_the_only_version_has_nothing_to_compare_with(cast: Cast) -> None:
    version = publish(cast)
    assert "This is the only version" in cast.browser("ivo").page(f"/rubrics/{version.id}/changes").words


def test_a_draft_shows_what_it_changes(cast: Cast) -> None:
    address = begin(cast)
    mara = cast.browser("mara")
    assert "Nothing is changed yet" in mara.page(f"{address}/changes").words
    mara.send(address, fields_of(mara.get(address).text) | {"criteria-0-name": "Asking first"})
    assert "[new: Asking first ]" in mara.page(f"{address}/changes").words


def test_why_and_its_author_stand_where_the_attribute_is_rated_and_read(cast: Cast) -> None:
    second = second_version(cast)
    cast.browser("mara").send(rubric_page(cast), {"version_id": str(second)})
    author = f"In these words since version 2, published {cast.clock.now():%d %b %Y} by {cast.actor('mara').name}."
    for path in (f"/rubrics/{second}", rubric_page(cast), f"/interviews/{cast.interview_id}/scorecard"):
        words = cast.browser("ivo").page(path).words
        assert words.count(author) == 1, path
        assert "In these words since version 1" in words


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
