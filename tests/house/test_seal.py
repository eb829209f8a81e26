"""Every route, API answer and export, as who owes a card and as who never reads any: nothing of another's card.

Walks the address map: a new route is tried by itself, and one that this walk cannot open is named here or turns it red.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from interview.access import SYSTEM
from interview.connect import service as connect
from interview.db import writing
from interview.export.rules.files import Format
from interview.export.service import Wish, make
from interview.factsheet.models import Fact
from interview.hiring import service as hiring
from interview.hiring.models import Application
from interview.hiring.rules import Stage
from interview.kit.models import KitNote, KitSheet
from interview.people.models import Person
from interview.prep.models import ConsentAnswer, PrepRequest
from interview.prep.rules import ConsentKind
from interview.recording.models import Pitch, Recording
from interview.review.models import Clip
from interview.scorecard import service as scorecard
from interview.scorecard.models import Rating, Revision, Scorecard
from interview.scorecard.rules import Citation, Draft, WouldBuy
from interview.scorecard.rules import Rating as Said
from interview.scorecard.rules import Recommendation as Recommended
from interview.summary.models import SummaryClaim, SummaryPassage, SummaryRun
from interview.transcript import service as transcript
from interview.transcript.models import TranscriptSegment
from tests.scorecard.stage import KEYS, bring_transcript, choose_rubric, interview_of, save, submit, take_seat
from tests.support.cast import Cast
from tests.support.pages import Browser

MARKS = {  # part of a card -> words that stand nowhere else
    "note": "Quokka",
    "takeaways": "Axolotl",
    "citation": "Pangolin",
    "revision": "Capybara",
    "kit": "Wombat",  # a note of the live interview
    "clip": "Numbat",  # the title of a clip
    "draft": "Okapi",  # somebody's card that is not submitted
    "summary": "Echidna",  # of the transcript, by a model
}
EMPLOYER = "Narwhal Industries"
QUOTED = f"WEBVTT\n\n00:01.000 --> 00:04.000\n<v Cleo>We call it the {MARKS['citation']}.\n".encode()
CORRECTED = b"WEBVTT\n\n00:01.000 --> 00:04.000\n<v Cleo>We call it something else.\n"
OWING = ("ivo", "mara", "rita")  # an interviewer, a hiring manager and a recruiter on the panel
NEVER = ("ada", "nils", "otto", "cleo", "cato")  # an admin and those out of reach
UNOPENED = {  # GET routes that none of these can open here, and why nothing of a card can be behind them
    "people.first_run": "only while nobody has an account",
    "people.link": "asks for a one-time token",
    "hiring.personal_link": "asks for a candidate's token",
    "readyz": "whether database, storage and worker are there",
    "debrief.feedback": "refused while a card is owed",
    "summary.difference": "refused while a card is owed",
    "summary.test_progress": "whether the test of the connection is over",
    "transcription.progress": "how much of a recording is written down",
    "rubric.edit": "the draft of a rubric",
    "rubric.draft_changes": "the draft of a rubric",
    "calibration.gold": "a sample pitch: nobody's interview",
    "calibration.card": "a sample pitch: nobody's interview",
    "calibration.result": "a sample pitch: nobody's interview",
    "metrics": "off without its token; counts requests",
    "export.fetch": "a file that a worker made with the same function: test_no_export below",
    "knowledge.attempt": "a candidate's own questions",
    "knowledge.result": "a candidate's own answers",
    "recording.record": "redirects: a candidate without consent, and nothing of a card",
    "recording.upload": "redirects: a candidate without consent, and nothing of a card",
    "recording.part": "a candidate's own upload",
    "recording.own_media": "a candidate's own upload",
    "recording.team_part": "how many bytes of an upload are here",
    "watch.captions": "material",
    "watch.film": "material",
    "watch.segment": "material",
    "watch.show": "material",
    "watch.read": "material",
    "watch.elsewhere.go": "leads to another site",
    "watch.elsewhere.ask": "material",
    "watch.material": "material",
    "knowledge.edit": "a question of the knowledge check",
    "scorecard.revision": "of one's own card, when all cards are in",
}
LEAVING = {"people.sign_out", "hiring.leave"}  # would end the walk, and answer a plain page
TEXT = re.compile(
    r"text/|video/|application/(json|problem\+json|x-ndjson|yaml|octet-stream)"
)  # the last: a transcript as uploaded
VOLATILE = (
    re.compile(r'nonce="[^"]+"'),
    re.compile(r'(name="csrf-token" content|name="csrf_token" value)="[^"]+"'),
    re.compile(r'"[0-9a-f]{12}"'),  # the number of an export
    re.compile(r"<dcterms:(created|modified)[^>]*>[^<]+"),  # when a workbook was made
)


@pytest.fixture
def sealed(cast: Cast) -> Cast:
    """The cast after Cleo's pitch: Ines has submitted and revised, Iris has a draft; Ivo, Mara and Rita owe a card."""
    choose_rubric(cast)
    cast.clock.forward(days=2, hours=1)
    segments = bring_transcript(cast, QUOTED)
    take_seat(cast, "mara")
    seat_by_mara(cast, "rita")
    cited = (Citation(segment_id=segments[0]),)
    ratings = {key: Said(value=5, note=f"{MARKS['note']} {key}", citations=cited) for key in KEYS}
    submit(cast, "ines", Draft(ratings, WouldBuy.YES, Recommended.STRONG_YES, MARKS["takeaways"]))
    save(cast, "iris", Draft({"demo": Said(value=2, note=MARKS["draft"])}, takeaways=MARKS["draft"]))
    bring_transcript(cast, CORRECTED)  # from now on the cited words stand on the card alone
    with writing(cast.session) as session:
        row = card_of(cast, "ines")
        at = cast.clock.now()
        sheet = KitSheet(interview_id=cast.interview_id, person_id=cast.person_ids["ines"], edition=1, saved_at=at)
        sheet.notes.append(KitNote(key="a", ordinal=1, moment_ms=1000, text=MARKS["kit"]))
        session.add(sheet)
        session.add_all(recorded(cast, at))
        session.add(Revision(scorecard_id=row.id, attribute="demo", value=4, reason=MARKS["revision"], revised_at=at))
        session.execute(update(Application).where(Application.id == cast.cleo_id).values(employers=EMPLOYER))
        agreed = {"kind": ConsentKind.AI, "agreed": True, "text_version": 2}
        session.add(ConsentAnswer(application_id=cast.cleo_id, answered_at=at, **agreed))
        session.add(summary_of(cast, segments[0]))
    return cast


def summary_of(cast: Cast, segment_id: int) -> SummaryRun:
    """A finished summary of the first version of the transcript."""
    first = transcript.transcript_of(cast.session, cast.interview_id, number=1)
    assert first is not None
    hashes = ("content_sha256", "speakers_sha256")
    named = dict.fromkeys((*hashes, "prompt_version", "model_key", "host", "model", "secret"), "0")
    at = cast.clock.now()
    run = SummaryRun(
        interview_id=cast.interview_id,
        number=1,
        transcript_id=first.id,
        criteria={"demo": "Demo"},
        requested_at=at,
        finished_at=at,
        language="en",
        dropped={"unsupported": 1},
        **named,
    )
    claim = SummaryClaim(ordinal=1, criterion="demo", text=f"The {MARKS['summary']} was talked about.", place="exact")
    claim.passages = [SummaryPassage(ordinal=1, segment_id=segment_id, words="We call it")]
    run.claims = [claim]
    return run


def recorded(cast: Cast, at: datetime) -> list[object]:
    """A recording that can be played, and a clip of it by Ines."""
    stored = cast.app.extensions["pitchproof"].files.put(io.BytesIO(b"film"), suffix=".webm", limit_bytes=10)
    pitch = Pitch(application_id=cast.cleo_id, interview_id=cast.interview_id, begun_at=at)
    found = Recording(
        pitch=pitch,
        interview_id=cast.interview_id,
        part_ids=[],
        state="ready",
        made_at=at,
        file_key=stored.key,
        size_bytes=4,
        sha256=stored.sha256,
        content_type="video/webm",
        duration_ms=9000,
    )
    clip = {"interview_id": cast.interview_id, "person_id": cast.person_ids["ines"], "title": MARKS["clip"]}
    return [pitch, found, Clip(start_ms=1000, end_ms=2000, made_at=at, **clip)]


def seat_by_mara(cast: Cast, name: str) -> None:
    """Put a recruiter on the panel; nobody does that for themselves."""
    with writing(cast.session) as session:
        interview = interview_of(cast)
        panel = {one.person_id: one.kind for one in interview.seats} | {cast.person_ids[name]: "interviewer"}
        slot = hiring.Slot(interview.starts_at, 30, interview.place, panel)  # type: ignore[arg-type]
        hiring.reschedule(session, cast.actor("mara"), interview, slot, now=cast.clock.now())


def card_of(cast: Cast, name: str) -> Scorecard:
    return cast.session.scalars(select(Scorecard).where(Scorecard.person_id == cast.person_ids[name])).one()


@dataclass
class Walker:
    """Somebody who asks for everything: with a cookie for pages, with a token under /api/."""

    cast: Cast
    name: str
    browser: Browser
    headers: dict[str, str]
    ids: dict[str, object]

    def answers(self) -> Iterator[tuple[str, Rule, TestResponse]]:
        """Ask for every route with every method: first what only reads, then what changes, with an empty form."""
        yield from self.readings()
        for rule in self.rules():
            for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
                yield f"{method} {rule.rule}", rule, self.ask(rule, method)

    def readings(self) -> Iterator[tuple[str, Rule, TestResponse]]:
        """Ask for every route that reads."""
        for rule in self.rules():
            if "GET" in (rule.methods or set()):
                yield f"GET {rule.rule}", rule, self.ask(rule, "GET")

    def rules(self) -> list[Rule]:
        """Return the addresses that are walked."""
        return [rule for rule in self.cast.app.url_map.iter_rules() if rule.endpoint not in {"static", *LEAVING}]

    def ask(self, rule: Rule, method: str) -> TestResponse:
        path = rule.rule
        for argument in rule.arguments:
            assert argument in self.ids, f"{rule.rule}: say in this test which {argument} to ask for"
            path = re.sub(rf"<(?:[^:<>]+:)?{argument}>", str(self.ids[argument]), path)
        headers = self.headers if path.startswith("/api/") else {}
        query = {"application": [str(self.cast.cleo_id), str(self.cast.cato_id)]}
        if method == "GET":
            return self.browser.get(path, query_string=query, headers=headers)
        if method == "PATCH":
            return self.browser.patch(path, json={"edition": ["0"]}, headers={"X-CSRFToken": self.browser.csrf()})
        sent = {"csrf_token": self.browser.csrf()}
        return self.browser.open(path, method=method, data=sent, follow_redirects=True)


def walker(cast: Cast, name: str, ids: dict[str, object]) -> Walker:
    headers = {}
    if name in cast.person_ids:
        with writing(cast.session) as session:
            owner = session.get_one(Person, cast.person_ids[name])
            secret = connect.create_token(session, SYSTEM, owner, name="walk", scopes="read", now=cast.clock.now())[1]
        headers["Authorization"] = f"Bearer {secret}"
    return Walker(cast, name, cast.browser(name), headers, ids)


@pytest.fixture
def ids(sealed: Cast) -> dict[str, object]:
    """What to ask for: argument of a route -> value."""
    with writing(sealed.session) as session:
        at = sealed.clock.now()
        asked = PrepRequest(application_id=sealed.cleo_id, kind="more_time", text="", asked_at=at)
        fact = Fact(job_id=sealed.job_id, kind="nice", words="A fact.", written_at=at)
        session.add_all([asked, fact])
        session.flush()
        newest = session.scalars(select(TranscriptSegment.id).order_by(TranscriptSegment.id.desc())).first()
        made = {"request_id": asked.id, "fact_id": fact.id, "segment_id": newest}
    return made | {
        "job_id": sealed.job_id,
        "application_id": sealed.cleo_id,
        "interview_id": sealed.interview_id,
        "material_id": 1,
        "question_id": 1,
        "trouble_id": 1,
        "direction": "up",
        "lease_id": "x" * 22,
        "person_id": sealed.person_ids["iris"],  # on the panel
        "version": 1,  # of the transcript: the one whose words are cited
        "version_id": 1,
        "number": 1,
        "ordinal": 1,
        "name": "index.m3u8",
        "key": "x",
        "token": "x" * 22,
        "issue_id": "x" * 22,
        "export_id": 1,
        "token_id": 1,
        "background_job_id": 1,
        "draft_id": 1,
        "sample_id": 1,
        "card_id": 1,
        "round_id": 1,
        "use_id": 1,
        "part_id": 1,
        "recording_id": 1,
        "clip_id": 1,
        "way": "recorded",
    }


def texts(answer: TestResponse) -> Iterator[str]:
    """Yield everything that can be read in an answer, also inside archives; refuses kinds it does not know."""
    body = answer.get_data()
    kind = answer.content_type or ""
    yield str(answer.headers)
    if body.startswith(b"PK"):
        yield from archived(body)
    else:
        assert not body or TEXT.match(kind), f"{answer.request.path} answers {kind}: say here how to read it"
        yield body.decode("utf-8", "replace")


def archived(body: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for name in archive.namelist():
            member = archive.read(name)
            yield from archived(member) if member.startswith(b"PK") else (member.decode("utf-8", "replace"),)


def found_in(texts_read: Iterator[str], words: dict[str, str]) -> set[str]:
    return {part for text in texts_read for part, mark in words.items() if mark in text}


def owes(cast: Cast, name: str) -> bool:
    cast.session.rollback()
    return scorecard.owes_a_card(cast.session, cast.actor(name), cast.cleo_id)


# The first version of the transcript, as it was uploaded, holds the cited words and is no part of a card.
TRANSCRIPT = {"transcript.original"}


@pytest.mark.on("sqlite")  # one database: who may read is decided in Python, by the same code on both
@pytest.mark.parametrize("name", [*OWING, *NEVER])
def test_no_answer_holds_anything_of_anothers_card(sealed: Cast, ids: dict[str, object], name: str) -> None:
    one, leaks = walker(sealed, name, ids), []
    words = MARKS | {"employers": EMPLOYER}
    for asked, rule, answer in one.answers():
        found = found_in(texts(answer), words)
        if rule.endpoint in TRANSCRIPT:
            found -= {"citation"}
        leaks += [f"{asked} as {name} tells {part}" for part in sorted(found)]
        if name in OWING:
            assert owes(sealed, name), f"{asked} ended what {name} owes: the walk proves nothing from here on"
    assert not leaks, "\n".join(leaks)


def test_every_page_and_api_answer_is_opened_by_somebody_who_owes(sealed: Cast, ids: dict[str, object]) -> None:
    opened, known = set(), set()
    for name in (*OWING, "ada", "cleo"):
        for _, rule, answer in walker(sealed, name, ids).readings():
            known.add(rule.endpoint)
            opened |= {rule.endpoint} if answer.status_code == 200 else set()
    unopened = known - opened
    assert (unopened - set(UNOPENED), set(UNOPENED) - unopened) == (set(), set()), "open it, or say in UNOPENED why not"


def test_the_marks_can_be_found_once_the_own_card_is_in(sealed: Cast, ids: dict[str, object]) -> None:
    submit(sealed, "mara")
    open_to_mara = walker(sealed, "mara", ids)
    seen: dict[str, set[str]] = {}
    for _, rule, answer in open_to_mara.answers():
        seen.setdefault(rule.endpoint, set()).update(found_in(texts(answer), MARKS | {"employers": EMPLOYER}))
    whole = {"note", "takeaways", "citation", "revision"}
    assert seen["scorecard.panel"] == whole
    assert seen["summary.show"] == {"summary"}
    assert seen["debrief.show"] == whole | {"kit", "clip"}
    assert seen["review.show"] == {"citation", "kit", "clip"}
    assert seen["connect.scorecards"] == whole
    assert "employers" in seen["hiring.application"]
    assert not any("draft" in parts for parts in seen.values())


@pytest.mark.parametrize("kind", list(Format))
@pytest.mark.parametrize("name", OWING)
def test_no_export_holds_anything_of_anothers_card(sealed: Cast, name: str, kind: Format) -> None:
    assert found_in(archived_or_plain(exported(sealed, name, kind)), MARKS | {"employers": EMPLOYER}) == set()


@pytest.mark.parametrize("kind", [kind for kind in Format if kind is not Format.XAPI])
def test_an_export_holds_the_card_once_the_own_one_is_in(sealed: Cast, kind: Format) -> None:
    submit(sealed, "mara")
    found = found_in(archived_or_plain(exported(sealed, "mara", kind)), MARKS)
    assert found == {"note", "takeaways", "citation", "revision"}


def exported(cast: Cast, name: str, kind: Format) -> bytes:
    target = io.BytesIO()
    now = cast.clock.now()
    cast.session.rollback()
    make(
        cast.session,
        cast.actor(name),
        cast.job_id,
        Wish(kind),
        target,
        number="1",
        base_url="http://x",
        url_of=str,
        now=now,
    )
    return target.getvalue()


def archived_or_plain(body: bytes) -> Iterator[str]:
    return archived(body) if body.startswith(b"PK") else iter([body.decode("utf-8")])


def everything(one: Walker, exports: bool) -> dict[str, Any]:
    """What somebody gets of every address that only reads, and of every export, without what changes by itself."""
    seen: dict[str, Any] = {}
    for asked, _, answer in one.readings():
        seen[asked] = (answer.status_code, steady(answer.get_data(as_text=True)))
    if exports:
        for kind in Format:
            seen[kind] = steady("".join(archived_or_plain(exported(one.cast, one.name, kind))))
    return seen


def steady(text: str) -> str:
    """Take out what changes by itself."""
    for pattern in VOLATILE:
        text = pattern.sub("*", text)
    return text


@pytest.mark.on("sqlite")  # one database: who may read is decided in Python, by the same code on both
@pytest.mark.parametrize("name", OWING)
def test_no_value_of_anothers_card_changes_a_byte(sealed: Cast, ids: dict[str, object], name: str) -> None:
    """Numbers cannot be marked, so: whatever another has given, the answers are the same."""
    one = walker(sealed, name, ids)
    one.browser.get(f"/interviews/{sealed.interview_id}/recording/1")  # that it was opened stands on its page
    before = everything(one, exports=True)
    with writing(sealed.session) as session:
        for other, value, word in (("ines", 1, "strong_no"), ("iris", 4, "yes")):
            row = card_of(sealed, other)
            row.recommendation, row.would_buy = word, "no"
            session.execute(update(Rating).where(Rating.scorecard_id == row.id).values(value=value, note="other"))
        session.execute(update(Revision).values(value=2))
    after = everything(one, exports=True)
    assert [asked for asked in before if before[asked] != after[asked]] == []


def test_after_the_decision_the_recruiter_without_a_seat_reads_and_the_admin_does_not(
    sealed: Cast, ids: dict[str, object]
) -> None:
    with writing(sealed.session) as session:
        hiring.advance(session, sealed.cleo, Stage.DECIDED, now=sealed.clock.now())
    for _, rule, answer in walker(sealed, "ada", ids).answers():
        if rule.endpoint not in TRANSCRIPT:
            assert found_in(texts(answer), MARKS) == set()
