"""The whole story in a real browser, on the product as `make run` starts it, with the demo's real film and no mocks.

A candidate prepares; a hiring manager schedules and brings the transcript; three interviewers score alone, one of them
on a phone with the keyboard only; the manager compares and decides; the recruiter exports what was typed, cell by cell.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.axe import assert_accessible
from tests.support.running import ROOT, demo_index, running

CONTENT = ROOT / "interview" / "demo" / "content"
CANDIDATE = "Noor Haddad"
PITCH = """WEBVTT

1
00:00:01.000 --> 00:00:06.000
Dana Buyer: Good morning. We lost two sellers in a year. Why should I listen to you?

2
00:00:06.500 --> 00:00:15.000
Noor: Before I show anything: what did those two have in common when you hired them?

3
00:00:15.500 --> 00:00:22.000
Dana Buyer: Great CVs, =SUM(A1:A9), and no idea what we sell.

4
00:00:22.500 --> 00:00:35.000
Noor: Then the cost is not the search, it is the year after it. Let me show you the one step that prevents it.

5
00:00:36.000 --> 00:00:44.000
Noor: And if you hire one person a year, you do not need us: a spreadsheet will do.
"""


@dataclass
class Card:
    """What one interviewer types into the scorecard."""

    role: str
    values: list[str]  # one per attribute: 1-5, or n
    notes: dict[int, str]
    would_buy: str
    recommendation: str
    takeaways: str
    cites: dict[int, int] = field(default_factory=dict)  # attribute -> segment, counted from 0
    name: str = ""


CARDS = [
    Card("first", ["4", "5", "3", "4", "5", "n"], {1: "=Reframed the cost, unprompted"}, "yes", "strong_yes",
         "+ Would buy. Asks before she shows.", {1: 3, 4: 4}),
    Card("second", ["3", "4", "3", "3", "4", "3"], {0: "Asked what the two had in common."}, "yes", "yes", ""),
    Card("third", ["1", "4", "3", "2", "4", "2"], {0: "@One question only,\nthen a speech."}, "not_sure", "no",
         "Needs practice in the close."),
]  # fmt: skip


@dataclass
class Product:
    """The running product and a window for each person."""

    url: str
    index: dict[str, Any]
    browser: Browser

    def window(self, phone: bool = False, **options: Any) -> Page:
        size = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 900}
        context: BrowserContext = self.browser.new_context(viewport=size, accept_downloads=True, **options)
        return context.new_page()

    def person(self, role: str, number: int = 0, phone: bool = False) -> Page:
        people = [one for one in self.index["people"] if one["role"] == role]
        page = self.window(phone)
        page.goto(people[number]["sign_in_url"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your tasks")
        return page

    def candidate(self, name: str) -> dict[str, Any]:
        return next(one for one in self.index["candidates"] if one["name"] == name)


@pytest.fixture(params=["sqlite", "postgresql"])
def product(request: pytest.FixtureRequest, tmp_path: Path, browser: Browser) -> Iterator[Product]:
    """The product with its demo, on each database, started as `make run` starts it."""
    settings = {"DEMO": "1"}
    with ExitStack() as stack:
        if request.param == "postgresql":
            settings["DATABASE_URL"] = stack.enter_context(request.getfixturevalue("postgres").fresh_database())
        run = stack.enter_context(running(tmp_path / "data", **settings))
        run.wait_until_ready()
        yield Product(run.url, demo_index(tmp_path / "data"), browser)
        code, said = run.stop()
        assert code == 0, said
        assert "Traceback" not in said, said


@pytest.mark.browser
def test_the_whole_story(product: Product, tmp_path: Path) -> None:
    candidate = prepare(product)
    interview_path = schedule_and_bring_the_transcript(product)
    name_the_interviewers(product)
    score_apart(product, interview_path)
    compare_and_decide(product)
    feedback_reaches_the_candidate(product, candidate)
    export_says_what_was_typed(product, tmp_path)


# -- the candidate ----------------------------------------------------------------------------------------------------


def prepare(product: Product) -> Page:
    """Open the link, consent, watch the explainer at 2x, pass the knowledge check, see the pitch unlock."""
    page = product.window()
    page.goto(product.candidate(CANDIDATE)["link"])
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(product.url + "/prep")
    assert page.goto(product.url + "/pitch").status == 403  # type: ignore[union-attr]
    assert_accessible(page)

    page.goto(product.url + "/prep/consent")
    for question in page.get_by_role("group").all():
        question.get_by_role("radio").first.check()
    page.get_by_role("button", name="Save my answers").click()
    expect(page).to_have_url(re.compile("/prep$"))

    watch(page, product)
    answer_the_knowledge_check(page, product)

    state = page.request.get(product.url + "/prep.json").json()
    assert state["pitch_unlocked"] is True, state
    assert page.goto(product.url + "/pitch").status == 200  # type: ignore[union-attr]
    assert_accessible(page)
    return page


def watch(page: Page, product: Product) -> None:
    """Watch the explainer at double speed in the real player until the server says that it is done."""
    film = next(one for one in product.index["materials"] if one["kind"] == "explainer")
    page.goto(f"{product.url}/prep/material/{film['id']}")
    assert_accessible(page)
    page.get_by_label("Speed").select_option("2")
    page.locator("video").evaluate("video => video.play()")
    for _ in range(round((film["duration_ms"] / 2 * 1.5 + 60_000) / 200)):
        if page.locator("[data-pct]").inner_text() == "100 %":
            break
        if page.get_by_role("dialog").is_visible():
            answer_the_checkpoint(page)
        page.wait_for_timeout(200)
    expect(page.locator("[data-pct]")).to_have_text("100 %")
    items = page.request.get(product.url + "/prep.json").json()["items"]
    watched = next(one for one in items if one["id"] == film["id"] and one["kind"] == "material")
    assert watched["state"] == "done"
    assert watched["tier"] == "A"
    assert watched["covered_ms"] >= watched["need_ms"]


def right_answers() -> dict[str, str]:
    """Return the demo's questions with the option that is right, which stands first."""
    return {one["ask"]: one["options"][0] for one in yaml.safe_load((CONTENT / "questions.yaml").read_text())}


def answer_the_checkpoint(page: Page) -> None:
    """Choose the word that is shown, or what is right about the last minutes."""
    prompt = page.locator("[data-check-prompt]").inner_text()
    page.get_by_label(right_answers().get(prompt, prompt.rpartition(" ")[2]), exact=True).check()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def answer_the_knowledge_check(page: Page, product: Product) -> None:
    """Get most wrong at first, be told where to watch again, then answer right; no page tells which option is right."""
    bank = {one["ask"]: one["options"] for one in yaml.safe_load((CONTENT / "questions.yaml").read_text())}
    for attempt, pick in ((1, -1), (2, 0)):
        page.goto(product.url + "/prep/knowledge")
        assert_accessible(page)
        page.get_by_role("button", name=re.compile("Start|Try again")).click()
        expect(page).to_have_url(re.compile(f"/attempts/{attempt}$"))
        expect(page.get_by_role("button", name="Submit answers")).to_be_visible()  # stands below the last question
        for question in page.locator("fieldset.question").all():
            asked = question.locator("legend").inner_text().split("\n")[-1].strip()
            question.get_by_label(bank[asked][pick], exact=True).check()
        page.get_by_role("button", name="Submit answers").click()
        expect(page).to_have_url(re.compile(f"/attempts/{attempt}/result$"))
        assert_accessible(page)
        if pick:
            expect(page.get_by_role("link", name=re.compile(r"\d\d:\d\d")).first).to_be_visible()
            shown = page.locator("main").inner_text()
            assert not [options[0] for options in bank.values() if options[0] in shown], "a right answer is shown"


# -- the hiring manager -----------------------------------------------------------------------------------------------


def schedule_and_bring_the_transcript(product: Product) -> str:
    """Schedule the pitch with the plan's panel, upload the transcript, say who is who; return the interview's path."""
    page = product.person("hiring_manager")
    page.goto(f"{product.url}/applications/{product.candidate(CANDIDATE)['application_id']}")
    page.get_by_role("link", name="Schedule the pitch interview").click()
    page.get_by_label("Starts").fill("2026-01-05T10:00")
    page.get_by_role("button", name="Schedule").click()
    expect(page).to_have_url(re.compile(r"/interviews/\d+$"))
    path = page.url.removeprefix(product.url)
    assert_accessible(page)
    page.get_by_role("link", name="Transcript").click()
    upload(page, "pitch.pdf", b"%PDF-1.7 not a transcript")
    expect(page.get_by_text(re.compile("PDF")).first).to_be_visible()
    upload(page, "pitch.vtt", PITCH.encode())
    expect(page.get_by_role("heading", name="Who is who")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Noor", exact=True).select_option("candidate")
    page.get_by_label("Dana Buyer", exact=True).select_option("other")
    page.get_by_role("button", name="Save who is who").click()
    expect(page.get_by_text("Great CVs, =SUM(A1:A9)").first).to_be_visible()
    return path


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_role("button", name=re.compile("Upload")).click()
    page.wait_for_load_state()


# -- the interviewers -------------------------------------------------------------------------------------------------


def name_the_interviewers(product: Product) -> None:
    names = [one["name"] for one in product.index["people"] if one["role"] == "interviewer"]
    for card, name in zip(CARDS, names, strict=True):
        card.name = name


def score_apart(product: Product, interview_path: str) -> None:
    """Three cards, each typed alone; until the own card is in, no URL shows another's."""
    pages = [product.person("interviewer", 0), product.person("interviewer", 1)]
    pages.append(product.person("interviewer", 2, phone=True))
    for number, (card, page) in enumerate(zip(CARDS, pages, strict=True)):
        page.goto(product.url + interview_path + "/scorecard")
        if number == 2:
            score_by_keyboard(page, card)
        else:
            score_by_mouse(page, card)
        for other in pages[number + 1 :]:
            nothing_is_readable(product, other, interview_path, CARDS[: number + 1])
    pages[0].goto(product.url + interview_path + "/scorecards")
    expect(pages[0].get_by_text("then a speech.").first).to_be_visible()  # all are in: now they are read together
    assert_accessible(pages[0])


def score_by_mouse(page: Page, card: Card) -> None:
    assert_accessible(page)
    fieldsets = page.locator("fieldset[data-attribute]")
    for at, value in enumerate(card.values):
        one = fieldsets.nth(at)
        one.locator(f"input[value='{'not_observed' if value == 'n' else value}']").check()
        if at in card.notes:
            one.get_by_label("Evidence").fill(card.notes[at])
        if at in card.cites:
            one.get_by_role("button", name="Cite the transcript").click()
            page.locator("[data-segment]").nth(card.cites[at]).click()
    page.locator(f"#would-buy-{card.would_buy}").check()
    page.get_by_label("Key takeaways").fill(card.takeaways)
    page.locator(f"#recommendation-{card.recommendation}").check()
    expect(page.locator("#progress")).to_have_text("6 of 6 rated")
    expect(page.locator("#save-status")).to_contain_text("Saved")
    page.reload()  # autosaved: nothing is lost
    expect(page.locator("#progress")).to_have_text("6 of 6 rated")
    page.get_by_role("button", name="Submit scorecard").click()
    page.get_by_role("button", name="Submit and lock").click()
    expect(page.get_by_role("button", name="Submit scorecard")).to_have_count(0)


def score_by_keyboard(page: Page, card: Card) -> None:
    """Tab, keys 1-5 and n, Enter: no mouse, on a screen of 360 px."""
    reached: set[str] = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => { const e = document.activeElement;
                       const attribute = e.closest("[data-attribute]")?.dataset.attribute || "";
                       return {id: e.id, name: e.name || "", attribute, text: e.tagName === "TEXTAREA"} }"""
        )
        at = attribute_number(page, here["attribute"])
        if at is not None and not here["text"] and here["name"].startswith("rating-") and here["name"] not in reached:
            reached.add(here["name"])
            page.keyboard.press(card.values[at])
        elif at is not None and here["text"] and here["name"] not in reached:
            reached.add(here["name"])
            page.keyboard.type(card.notes.get(at, ""))
        elif here["id"] == "takeaways":
            page.keyboard.type(card.takeaways)
        elif here["name"] == "would_buy" and "would_buy" not in reached:
            reached.add("would_buy")
            choose(page, "would_buy", card.would_buy)
        elif here["name"] == "recommendation" and "recommendation" not in reached:
            reached.add("recommendation")
            choose(page, "recommendation", card.recommendation)
        elif here["id"] == "submit-scorecard":
            page.keyboard.press("Enter")
            break
    dialog = page.locator("#submit-dialog")
    expect(dialog).to_be_visible()
    for _ in range(6):
        if page.evaluate("document.activeElement.textContent").strip() == "Submit and lock":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Submit scorecard")).to_have_count(0)
    assert_accessible(page)


def attribute_number(page: Page, key: str) -> int | None:
    keys = page.locator("fieldset[data-attribute]").evaluate_all("all => all.map(one => one.dataset.attribute)")
    return keys.index(key) if key in keys else None


def choose(page: Page, name: str, value: str) -> None:
    """Choose a radio button of the focused group with the keyboard."""
    page.keyboard.press("Space")
    for _ in range(6):
        if page.evaluate("name => document.querySelector(`[name=${name}]:checked`)?.value", name) == value:
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"{name}={value} cannot be reached by keyboard")


def nothing_is_readable(product: Product, page: Page, interview_path: str, written: list[Card]) -> None:
    """Ask, as somebody who has not submitted, for every page and file; none holds what the others typed."""
    application = product.candidate(CANDIDATE)["application_id"]
    job = product.index["job_id"]
    paths = [
        "/",
        f"/jobs/{job}",
        f"/jobs/{job}/board",
        f"/jobs/{job}/compare?application={application}&application=1",
        f"/jobs/{job}/export",
        f"/applications/{application}",
        f"/applications/{application}/prep",
        f"/applications/{application}/debrief",
        f"/applications/{application}/decision",
        interview_path,
        interview_path + "/scorecard",
        interview_path + "/scorecards",
        interview_path + "/transcript",
        f"/api/v1{interview_path}/scorecards",
    ]
    page.goto(product.url + f"/jobs/{job}")
    paths += page.locator("a[href^='/']").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    secrets = [text for card in written for text in (*card.notes.values(), card.takeaways) if text]
    for path in sorted(set(paths)):
        body = page.request.get(product.url + path).text()
        found = [text for text in secrets if json.dumps(text)[1:-1] in body or text in body or text[1:] in body]
        assert not found, f"{path} shows {found} before the own card is in"


# -- together ---------------------------------------------------------------------------------------------------------


def compare_and_decide(product: Product) -> None:
    page = product.person("hiring_manager")
    mine = product.candidate(CANDIDATE)["application_id"]
    other = next(one["application_id"] for one in product.index["candidates"] if one["state"] == "scored")
    page.goto(f"{product.url}/jobs/{product.index['job_id']}/compare?application={mine}&application={other}")
    expect(page.get_by_role("link", name=CANDIDATE).first).to_be_visible()
    assert_accessible(page)
    page.goto(f"{product.url}/applications/{mine}/debrief")
    assert_accessible(page)
    expect(page.get_by_text("then a speech.").first).to_be_visible()
    form = page.locator("#decision form")
    assert form.locator("input[type=radio]:checked").count() == 0  # nothing is preselected
    form.get_by_label("Advance").check()
    form.locator("[name=reason]").fill(
        "She finds the cost the buyer had not named, and says plainly for whom the product is too much."
    )
    form.get_by_role("button", name="Store the decision").click()
    page.wait_for_load_state()
    page.goto(f"{product.url}/applications/{mine}/decision")
    expect(page.get_by_text("too much").first).to_be_visible()
    assert_accessible(page)
    page.goto(f"{product.url}/applications/{mine}/feedback")
    page.get_by_label(re.compile("feedback", re.I)).first.fill("You asked before you showed. Practise the close.")
    page.get_by_role("button", name="Save and release to the candidate").click()
    confirm = page.locator("dialog.ask button.btn-primary")
    if confirm.count():
        confirm.click()
    page.wait_for_load_state()


def feedback_reaches_the_candidate(product: Product, page: Page) -> None:
    page.goto(product.url + "/prep/status")
    expect(page.get_by_text("You asked before you showed.")).to_be_visible()
    assert "then a speech" not in page.content()
    assert_accessible(page)


# -- the recruiter ----------------------------------------------------------------------------------------------------


def export_says_what_was_typed(product: Product, tmp_path: Path) -> None:
    """Export XLSX and CSV, open both, and compare every cell about the candidate with what was typed."""
    page = product.person("recruiter")
    for words, read in (("XLSX", read_workbook), ("CSV", read_zip)):
        page.goto(f"{product.url}/jobs/{product.index['job_id']}/export")
        assert_accessible(page)
        page.get_by_label(re.compile(words)).check()
        with page.expect_download() as download:
            page.get_by_role("button", name="Make and download").click()
        path = tmp_path / f"export.{words.lower()}"
        download.value.save_as(path)
        tables = read(path)
        check_scorecards(tables, harmless=words == "CSV")
        check_ratings(tables, harmless=words == "CSV")
        check_candidate(tables)


def read_workbook(path: Path) -> dict[str, list[dict[str, str]]]:
    """Read every sheet as rows by column name, all cells as text; no cell may be a formula."""
    tables = {}
    for sheet in openpyxl.load_workbook(path):
        header, *rows = list(sheet.iter_rows())
        assert not [cell.coordinate for row in rows for cell in row if cell.data_type == "f"]
        names = [str(cell.value) for cell in header]
        tables[sheet.title] = [
            dict(zip(names, ["" if cell.value is None else str(cell.value) for cell in row], strict=True))
            for row in rows
        ]
    return tables


def read_zip(path: Path) -> dict[str, list[dict[str, str]]]:
    """Read every CSV of the zip as rows by column name."""
    with zipfile.ZipFile(path) as archive:
        return {
            name.removesuffix(".csv"): list(
                csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline=""))
            )
            for name in archive.namelist()
            if name.endswith(".csv")
        }


def safe(text: str, harmless: bool) -> str:
    """What a cell must hold: in a CSV an apostrophe stands before what a spreadsheet would run."""
    return "'" + text if harmless and text[:1] in ("=", "+", "-", "@") else text


def of_candidate(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["candidate"] == CANDIDATE]


def check_scorecards(tables: dict[str, list[dict[str, str]]], *, harmless: bool) -> None:
    rows = {row["interviewer"]: row for row in of_candidate(tables["scorecards"])}
    assert set(rows) == {card.name for card in CARDS}
    for card in CARDS:
        row = rows[card.name]
        typed = [int(value) for value in card.values if value != "n"]
        assert row["would_buy"] == card.would_buy
        assert row["recommendation"] == card.recommendation
        assert row["takeaways"] == safe(card.takeaways, harmless)
        assert float(row["weighted_mean"]) == pytest.approx(sum(typed) / len(typed), abs=0.05)
        assert float(row["observed_pct"]) == pytest.approx(100 * len(typed) / len(card.values), abs=0.5)


def check_ratings(tables: dict[str, list[dict[str, str]]], *, harmless: bool) -> None:
    said = re.findall(r"^(?:Noor|Dana Buyer): (.*)$", PITCH, re.M)
    rubric = yaml.safe_load((ROOT / "rubrics" / "sell_me_this_product.yaml").read_text())
    names = {one["key"]: one["name"] for one in rubric["criteria"]}
    rows = of_candidate(tables["ratings"])
    for card in CARDS:
        own = [row for row in rows if row["interviewer"] == card.name]
        assert len(own) == len(card.values) == 6
        for at, (row, value) in enumerate(zip(own, card.values, strict=True)):
            quotes = [said[card.cites[at]]] if at in card.cites else []
            assert row["attribute"] == names[row["attribute_id"]]
            assert row["score"] == ("" if value == "n" else value)
            assert row["not_observed"] == ("yes" if value == "n" else "")
            assert (row["scale_min"], row["scale_max"]) == ("1", "5")
            assert row["note"] == safe(card.notes.get(at, ""), harmless)
            assert row["evidence_quotes"] == "\n".join(quotes)
            assert row["locked"] == "yes"
    cited = of_candidate(tables["evidence"])
    assert [row["quote"] for row in cited] == [said[segment] for card in CARDS for segment in card.cites.values()]
    assert [row["start_ms"] for row in cited] == ["22500", "36000"]


def check_candidate(tables: dict[str, list[dict[str, str]]]) -> None:
    (row,) = of_candidate(tables["candidates"])
    assert row["stage"] == "decided"
    assert row["decision"] == "advance"
    assert row["decision_reason"].startswith("She finds the cost")
    assert (row["scorecards_in"], row["scorecards_expected"], row["sealed"]) == ("3", "3", "")
    assert row["composite_n"] == "3"
    for at, key in enumerate(key for key in row if key.startswith("mean_")):
        typed = [int(card.values[at]) for card in CARDS if card.values[at] != "n"]
        assert float(row[key]) == pytest.approx(sum(typed) / len(typed), abs=0.05)
