"""A recording written down end to end: real sound, a real server, parts that fail alone and are paid once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import sessionmaker

from interview import jobs
from interview.access import SYSTEM, Actor
from interview.adapters.llm import NullSpeech, OpenAISpeech, Reach
from interview.db import writing
from interview.errors import Conflict, Unavailable
from interview.prep import service as prep
from interview.prep.models import ConsentAnswer
from interview.prep.rules import ConsentKind
from interview.recording.models import Pitch, Recording
from interview.transcript import service as transcript
from interview.transcription import rules, service
from interview.transcription.models import TranscriptionRun
from tests.scorecard.stage import interview_of
from tests.summary.stage import KEY, agree, work
from tests.support.cast import Cast
from tests.support.model_server import Asked, fixed, model_server
from tests.support.pages import Page
from tests.support.sounds import tone


def heard(asked: Asked) -> None:
    """Write down a part: two speakers where they are asked for."""
    segments = [
        {"start": 0.5, "end": 2.0, "text": f"Part {asked.number} begins <b>here</b>.", "speaker": "A"},
        {"start": 3.0, "end": 4.0, "text": "And it ends there.", "speaker": "B"},
    ]
    if asked.field("response_format") == "json":
        return asked.send({"text": "Just the words."})
    if asked.field("response_format") == "verbose_json":
        segments = [{key: one[key] for key in ("start", "end", "text")} for one in segments]
    return asked.send({"text": "all", "segments": segments})


def recorded(cast: Cast, tmp_path: Path, seconds: int = 27) -> None:
    """Give Cleo's interview a recording with sound, and consent to all."""
    agree(cast, True)
    cast.clock.forward(days=2, hours=1)
    files = cast.app.extensions["pitchproof"].files
    with tone(tmp_path / "tone.webm", seconds).open("rb") as file:
        stored = files.put(file, suffix=".webm", limit_bytes=10**8)
    with writing(cast.session) as session:
        at = cast.clock.now()
        pitch = Pitch(application_id=cast.cleo_id, interview_id=cast.interview_id, begun_at=at)
        session.add(pitch)
        session.flush()
        session.add(
            Recording(
                pitch_id=pitch.id,
                interview_id=cast.interview_id,
                part_ids=[],
                state="ready",
                made_at=at,
                file_key=stored.key,
                size_bytes=stored.size_bytes,
                sha256=stored.sha256,
                content_type="audio/webm",
                duration_ms=seconds * 1000,
                has_audio=True,
            )
        )


def use(cast: Cast, base_url: str, name: str = "gpt-4o-transcribe-diarize") -> None:
    speech = OpenAISpeech(Reach(base_url, name, KEY, 20, True), minute_price=Decimal("0.006"), sleep=lambda _: None)
    cast.app.extensions["pitchproof"] = replace(cast.app.extensions["pitchproof"], speech=speech)


def begin(cast: Cast) -> None:
    about = cast.app.extensions["pitchproof"].speech.about
    with writing(cast.session) as session:
        service.begin(session, cast.actor("mara"), interview_of(cast), about, now=cast.clock.now())


def newest(cast: Cast) -> TranscriptionRun:
    cast.session.rollback()
    cast.session.expire_all()
    return service.runs(cast.session, cast.interview_id)[0]


def test_a_failed_part_alone_is_tried_again_and_the_transcript_has_the_recordings_times(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rules, "PART_MAX_S", 12.0)
    recorded(cast, tmp_path)
    mara = cast.browser("mara")
    at = f"/interviews/{cast.interview_id}/transcription"
    with model_server(lambda asked: (heard if asked.number != 2 else fixed("{}", 504))(asked)) as server:
        use(cast, server.base_url)
        assert "about 0.0027 USD" in Page(mara.get(at).text).words
        mara.send(at)
        assert "The sound is being cut" in Page(mara.get(at).text).words
        with pytest.raises(Conflict, match="already"):
            begin(cast)
        work(cast)
        page = Page(mara.get(at).text).words
        assert "Part 2 of 3: The language model's server failed (status 504)." in page
        assert "1 of 3 parts answered and kept" in page
        with pytest.raises(Conflict, match="go on where it stopped"):
            begin(cast)
        mara.send(f"{at}/1/retry")
        work(cast)
        run = newest(cast)
        assert (server.count, run.finished_at is not None, service.progress(cast.session, run).micros) == (
            4,
            True,
            2_700,
        )
        assert [one.field("response_format") for one in server.requests] == ["diarized_json"] * 4
        assert server.requests[0].field("chunking_strategy") == "auto"
        said = transcript.segments_of(cast.session, cast.interview_id)
        assert [one.label for one in said] == [f"Speaker {who} (part {n})" for n in (1, 2, 3) for who in "AB"]
        assert [one.start_ms - part.start_ms for one, part in zip(said[::2], run.parts, strict=True)] == [500] * 3
        assert said[0].text == "Part 1 begins <b>here</b>."
        assert "Written down" in Page(mara.get(at).text).words
        with pytest.raises(Conflict, match="not paid for twice"):
            begin(cast)
        files = cast.app.extensions["pitchproof"].files
        assert not [one for one in run.parts if (files.folder / one.file_key).exists()]
        assert (
            KEY
            not in cast.session.query(jobs.BackgroundJob.answer).filter(jobs.BackgroundJob.kind != "x").all().__repr__()
        )
    assert cast.browser("ivo").get(at).status_code == 403
    assert cast.browser("otto").get(at).status_code == 404


def test_cancelling_consent_and_a_server_that_takes_plain_json_alone(cast: Cast, tmp_path: Path):
    recorded(cast, tmp_path, 3)

    def plain(asked: Asked) -> None:
        if asked.field("response_format") != "json":
            return asked.refuse(f"response_format '{asked.field('response_format')}' is not compatible")
        return heard(asked)

    with model_server(plain) as server:
        use(cast, server.base_url, "gpt-4o-transcribe")
        agree(cast, False)
        with pytest.raises(Conflict, match="not agreed"):
            begin(cast)
        agree(cast, True)
        begin(cast)
        with writing(cast.session) as session:
            service.cancel(session, cast.actor("mara"), cast.interview_id, 1, now=cast.clock.now())
        work(cast)
        assert server.count == 0
        assert newest(cast).cancelled_at
        begin(cast)
        work(cast)
        assert newest(cast).finished_at
        assert [one.field("response_format") for one in server.requests] == ["verbose_json", "json"]
        assert [one.text for one in transcript.segments_of(cast.session, cast.interview_id)] == ["Just the words."]
        page = Page(cast.browser("mara").get(f"/interviews/{cast.interview_id}/transcript").text).words
        assert "The model gave no times." in page
    cast.app.extensions["pitchproof"] = replace(cast.app.extensions["pitchproof"], speech=NullSpeech())
    with pytest.raises(Unavailable):
        begin(cast)


def change(cast: Cast, what: Callable[..., object], *more: object) -> None:
    """Cancel or go on as Mara in a session of its own, as another process does while the worker waits."""
    with sessionmaker(cast.session.get_bind())() as session, writing(session):
        what(session, SYSTEM, cast.interview_id, 1, *more, now=cast.clock.now())


def test_cancelling_and_going_on_pays_each_part_once(cast: Cast, tmp_path: Path):
    recorded(cast, tmp_path, 3)
    refused: list[str] = []

    def cancelled_meanwhile(asked: Asked) -> None:
        change(cast, service.cancel)
        with pytest.raises(Conflict, match="waits for an answer") as conflict:
            change(cast, service.retry, cast.app.extensions["pitchproof"].speech.about)
        refused.append(conflict.value.sentence)
        heard(asked)

    with model_server(cancelled_meanwhile) as server:
        use(cast, server.base_url)
        begin(cast)
        for _ in ("two jobs that cut", "two jobs that ask"):
            change(cast, service.cancel)
            change(cast, service.retry, cast.app.extensions["pitchproof"].speech.about)
            work(cast, rounds=1)
        assert (server.count, len(refused), newest(cast).finished_at) == (1, 1, None)
        change(cast, service.retry, cast.app.extensions["pitchproof"].speech.about)
        work(cast)
        assert (server.count, newest(cast).finished_at is not None) == (1, True)
        files = cast.app.extensions["pitchproof"].files.folder
        assert len(list(files.rglob("*.ogg"))) == 0


def agree_to_recording(cast: Cast, agreed: bool) -> None:
    with sessionmaker(cast.session.get_bind())() as session, writing(session):
        answers = {ConsentKind.RECORDING: agreed, ConsentKind.AI: True}
        actor = Actor("Cleo", application_id=cast.cleo_id)
        prep.answer_consents(session, actor, answers, now=cast.clock.now())


@pytest.mark.parametrize("is_asked", [True, False])
def test_the_sound_of_a_withdrawn_recording_is_deleted_and_never_sent(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_asked: bool
):
    monkeypatch.setattr(rules, "PART_MAX_S", 12.0)
    recorded(cast, tmp_path)
    files = cast.app.extensions["pitchproof"].files.folder

    def second(asked: Asked) -> None:
        if asked.number == 2 and is_asked:
            agree_to_recording(cast, False)
        (fixed("{}", 504) if asked.number == 2 and not is_asked else heard)(asked)

    with model_server(second) as server:
        use(cast, server.base_url)
        begin(cast)
        work(cast)
        if not is_asked:
            assert len(list(files.rglob("*.ogg"))) == 3
            agree_to_recording(cast, False)
            work(cast)
        assert list(files.rglob("*.ogg")) == []
        agree_to_recording(cast, True)  # to the next one: this one is gone
        with pytest.raises(Conflict, match="replaced or deleted"):
            change(cast, service.retry, cast.app.extensions["pitchproof"].speech.about)
        page = Page(cast.browser("mara").get(f"/interviews/{cast.interview_id}/transcription").text).words
        assert "Go on" not in page
        assert "No recording with sound" in page
        work(cast)
        assert server.count == 2
        assert [part.raw is not None for part in newest(cast).parts] == [True, False, False]
        assert transcript.transcript_of(cast.session, cast.interview_id) is None


def test_an_answer_to_the_words_that_named_no_recording_is_no_consent(cast: Cast):
    with writing(cast.session) as session:
        for kind in (ConsentKind.RECORDING, ConsentKind.AI):
            answer = {"kind": kind, "agreed": True, "text_version": 1, "answered_at": cast.clock.now()}
            session.add(ConsentAnswer(application_id=cast.cleo_id, **answer))
    assert not service.has_consent(cast.session, cast.cleo_id)
    agree(cast, True)
    assert service.has_consent(cast.session, cast.cleo_id)
