"""The review over HTTP: what stands beside the recording, clips under the seal, captions, empty states."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from interview.db import writing
from interview.kit.models import KitNote, KitSheet
from interview.recording.models import Pitch, Recording
from interview.review.models import Clip
from tests.scorecard.stage import bring_transcript, choose_rubric, submit
from tests.support.cast import Cast


@pytest.fixture
def recorded(cast: Cast) -> Cast:
    """The cast after Cleo's pitch, with a recording of nine seconds and its transcript; Ivo noted something."""
    choose_rubric(cast)
    cast.clock.forward(days=2, hours=1)
    bring_transcript(cast)
    stored = cast.app.extensions["pitchproof"].files.put(io.BytesIO(b"film"), suffix=".webm", limit_bytes=10)
    at = cast.clock.now()
    with writing(cast.session) as session:
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
            has_video=True,
        )
        sheet = KitSheet(interview_id=cast.interview_id, person_id=cast.person_ids["ivo"], edition=1, saved_at=at)
        sheet.notes.append(KitNote(key="a", ordinal=1, moment_ms=2000, text="Asks before telling"))
        session.add_all([pitch, found, sheet])
    return cast


def test_a_clip_is_its_makers_until_both_cards_are_in(recorded: Cast) -> None:
    cast, base = recorded, f"/interviews/{recorded.interview_id}"
    ivo, ines, mara = cast.browser("ivo"), cast.browser("ines"), cast.browser("mara")
    wrong = ivo.send(f"{base}/clips", {"start": "0:05", "end": "0:04", "title": "Kept as typed"}, status=422)
    assert "The clip must end after it begins." in wrong.text
    assert "Kept as typed" in wrong.text
    ivo.send(f"{base}/clips", {"start": "0:01", "end": "0:04.5", "title": "Asks what happens today"})
    for browser, sees in ((ivo, True), (ines, False), (mara, False)):
        words = browser.page(f"{base}/review").words
        assert ("Asks what happens today" in words) is sees
        assert ("Asks before telling" in words) is sees  # a note of the live interview, as a mark
        assert "I would not guess a date." in words
    submit(cast, "ivo")
    assert "Asks what happens today" in mara.page(f"{base}/review").words  # rates nobody here
    assert "Asks what happens today" not in ines.page(f"{base}/review").words  # still owes a card
    submit(cast, "ines")
    submit(cast, "iris")
    assert "Asks what happens today" in ines.page(f"{base}/review").words
    debrief = ines.get(f"/applications/{cast.cleo_id}/debrief").text
    assert f"{base}/review#t=1.0,4.5" in debrief
    clip_id = cast.session.scalars(select(Clip.id)).one()
    ines.send(f"{base}/clips/{clip_id}/removal", status=404)
    ivo.send(f"{base}/clips/{clip_id}/removal")
    assert "Asks what happens today" not in ines.page(f"{base}/review").words


@pytest.mark.on("sqlite")  # what is asked of the database is the same
def test_captions_come_from_the_transcript_in_use(recorded: Cast) -> None:
    answer = recorded.browser("ivo").get(f"/interviews/{recorded.interview_id}/captions.vtt")
    assert answer.mimetype == "text/vtt"
    assert re.search(r"00:00:01.000 --> 00:00:05.000\n<v Cleo>What happens today", answer.text)
    assert recorded.browser("cleo").get(f"/interviews/{recorded.interview_id}/captions.vtt").status_code == 403


@pytest.mark.on("sqlite")  # what is asked of the database is the same
def test_without_anything_it_says_so_even_before_a_rubric_is_chosen(cast: Cast) -> None:
    base = f"/interviews/{cast.interview_id}"
    assert "Nothing to review yet" in cast.browser("ivo").page(f"{base}/review").words
    assert cast.browser("ivo").get(f"{base}/captions.vtt").status_code == 404
    sent = {"start": "0", "end": "1", "title": "x"}
    cast.browser("ivo").send(f"{base}/clips", sent, status=404)
