"""The protocol of parts over HTTP, handing in, the gate, consent, the team's own upload, media with ranges."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

import pytest
from sqlalchemy import select

from interview import audit, jobs
from interview.db import writing
from interview.errors import NotFound
from interview.hiring import service as hiring
from interview.hiring.rules import Stage
from interview.recording import service
from interview.recording.models import Pitch, PitchPart, Recording
from interview.recording.rules import Setting
from interview.scorecard import service as scorecard
from interview.transcript import service as transcript
from interview.watch.models import Material, MaterialVersion
from tests.recording.stage import Sender, consent
from tests.support.cast import Cast
from tests.support.films import make_film


@pytest.fixture(scope="session")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Three recordings of one to three seconds."""
    folder = tmp_path_factory.mktemp("takes")
    return [make_film(folder / f"{seconds}.webm", seconds=seconds).read_bytes() for seconds in (1, 2, 3)]


def actions(cast: Cast) -> list[str]:
    cast.session.rollback()
    return [row.action for row in cast.session.scalars(select(audit.AuditEvent).order_by(audit.AuditEvent.seq))]


def test_a_recorded_pitch_from_its_parts_to_the_panels_recording(
    cast: Cast, takes: list[bytes], run_jobs: Callable[[], None]
) -> None:
    cleo = cast.browser("cleo")
    sender = Sender(cleo)
    assert sender.begin("early-part", status=403)["reason"] == "consent"
    consent(cleo)

    first = sender.begin("part-0001", section=0)
    assert (first["offset"], sender.begin("part-0001", section=0)["id"]) == (0, first["id"])  # asked twice, one part
    whole, at = takes[2], first["id"]
    assert sender.append(at, whole[:5000], 0)["offset"] == 5000
    for offset in (0, 4000, 6000):
        gap = sender.append(at, whole[5000:6000], offset, status=409)
        assert (gap["reason"], gap["fields"]) == ("offset", {"offset": "5000"})
    assert sender.ask("GET", f"/{at}").get_json()["offset"] == 5000
    assert sender.finish(at, whole, status=409)["fields"] == {"offset": "5000"}
    sender.append(at, whole[5000:], 5000)
    assert sender.finish(at, whole, sha256="0" * 64, status=422)["reason"] == "hash"
    assert sender.ask("GET", f"/{at}").get_json()["offset"] == 0  # from the beginning, under the same name
    sender.append(at, whole, 0)
    assert sender.finish(at, whole)["sha256"] == hashlib.sha256(whole).hexdigest()
    assert sender.finish(at, whole)["finished"]
    assert sender.append(at, b"more", len(whole), status=409)["reason"] == "finished"

    sender.send("part-0002", takes[1], section=0)  # interrupted: goes on in the same take
    retake = sender.send("part-0003", takes[0], section=0, again=True)
    sender.send("part-0004", takes[0], section=0, again=True)
    assert "no further retake" in sender.begin("part-0005", section=0, again=True, status=422)["detail"]
    assert cleo.get(f"/pitch/parts/{retake}/media").data == takes[0]

    assert service.playable(cast.session, cast.interview_id) is None
    cleo.send("/pitch/hand-in/recorded", {"take-0": "1"})
    assert sender.begin("part-0006", status=409)["reason"] == "handed_in"
    run_jobs()
    found = service.playable(cast.session, cast.interview_id)
    assert found is not None
    assert 4900 < found.duration_ms < 5200  # both parts of the first take
    assert (found.has_video, found.has_audio, found.content_type) == (True, True, "video/webm")
    stored = cast.app.extensions["pitchproof"].files.local_path(found.file_key).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == found.sha256

    interview = cast.interview  # scheduled for later: it becomes the one without a meeting, with the same panel
    assert (interview.place, len(interview.seats)) == (hiring.WITHOUT_MEETING, 3)
    assert interview.ends_at == cast.clock.now()
    assert cast.cleo.stage == "pitched"

    ivo = cast.browser("ivo")
    media = f"/interviews/{cast.interview_id}/recording/{found.recording_id}"
    part = ivo.get(media, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data, part.mimetype) == (206, stored[10:20], "video/webm")
    assert part.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert ivo.get(media).data == stored
    for name in ("nils", "otto", "cato"):
        assert cast.browser(name).get(media).status_code == 404
    assert cast.browser("rita").get(media).status_code == 403
    cast.clock.forward(hours=2)
    ivo.get(media)
    assert actions(cast).count("recording:opened") == 2  # once a sitting
    page = cast.browser("mara").page(f"/interviews/{cast.interview_id}/recording")
    assert "Ivo Interviewer" in page.words
    assert {"pitch:part-begun", "pitch:handed-in", "recording:ready"} <= set(actions(cast))
    assert "Handed in" in cleo.page("/pitch").words


@pytest.mark.on("sqlite")  # what is asked of the database is the same as above
def test_nobody_reaches_the_parts_of_another(cast: Cast, takes: list[bytes]) -> None:
    cleo, cato = cast.browser("cleo"), cast.browser("cato")
    consent(cleo)
    consent(cato)
    part_id = Sender(cleo).begin("part-0001")["id"]
    other = Sender(cato)
    other.begin("part-0001")
    assert other.ask("GET", f"/{part_id}").status_code == 404
    other.append(part_id, takes[0], 0, status=404)
    other.finish(part_id, takes[0], status=404)
    assert cast.browser("mara").get(f"/pitch/parts/{part_id}").status_code == 403
    team = Sender(cast.browser("mara"), f"/interviews/{cast.interview_id}/recording/parts")
    assert team.ask("GET", f"/{part_id}").status_code == 404


@pytest.mark.on("sqlite")  # what is asked of the database is the same as above
def test_the_gate_and_refusing_to_be_recorded(cast: Cast, takes: list[bytes], run_jobs: Callable[[], None]) -> None:
    cleo = cast.browser("cleo")
    consent(cleo, recording="no")
    page = cleo.page("/pitch")
    assert "You asked not to be recorded, which costs you nothing." in page.words
    assert "Write it" in page.words
    assert "Record it here" not in page.words
    for path in ("/pitch/record", "/pitch/upload"):
        assert cleo.get(path).headers["Location"] == "/pitch"
    refused = Sender(cleo).begin("part-0001", status=403)
    assert (refused["reason"], "Pitch live or in writing" in refused["detail"]) == ("consent", True)

    with writing(cast.session):
        cast.job.gate = "required"
        question = {"job_id": cast.job_id, "created_at": cast.clock.now()}
        material = Material(title="Webinar", kind="webinar", ordinal=1, required=True, **question)
        cast.session.add(material)
        cast.session.flush()
        version = MaterialVersion(
            number=1,
            source="file",
            file_key="x",
            sha256="x",
            size_bytes=1,
            container="webm",
            duration_ms=60_000,
            state="ready",
            uploaded_at=cast.clock.now(),
        )
        material.versions.append(version)
        material.ready_number = 1
    for path in ("/pitch", "/pitch/record", "/pitch/upload", "/pitch/typed"):
        assert "Webinar" in cleo.page(path, status=403).words
    closed = cleo.get("/pitch/typed", headers={"Accept": "application/json"})
    assert (closed.status_code, closed.get_json()["reason"]) == (403, "preparation_missing")
    assert Sender(cleo).begin("part-0002", status=403)["reason"] == "preparation_missing"


def test_a_written_pitch_is_saved_handed_in_and_cited_like_a_spoken_one(cast: Cast) -> None:
    cato = cast.browser("cato")  # nothing is scheduled for Cato
    saved = cato.send_json("/pitch/typed", {"text": ["Short."], "edition": ["0"], "save_key": ["k1"]}, method="PATCH")
    assert saved.get_json()["edition"] == 1
    stale = {"text": ["Other tab."], "edition": ["0"], "save_key": ["k2"]}
    assert cato.send_json("/pitch/typed", stale, method="PATCH", status=409).get_json()["reason"] == "changed_elsewhere"
    overtaken = {"text": ["Short."], "edition": ["0"], "save_key": ["k3"]}  # nothing to overwrite
    assert cato.send_json("/pitch/typed", overtaken, method="PATCH").get_json()["edition"] == 1
    assert "Short." in cato.page("/pitch/typed").words
    too_short = cato.send("/pitch/typed", {"text": "Still short.", "edition": "1"}, status=422)
    assert "Write at least 200 characters" in too_short.text
    assert "Still short." in too_short.text

    words = "What happens today when a customer calls twice?\n\n" + "It removes the second call. " * 10
    cato.send("/pitch/typed", {"text": words, "edition": "2"})
    assert "Handed in" in cato.page("/pitch").words
    cast.session.rollback()
    (interview,) = cast.cato.interviews
    assert {seat.person_id for seat in interview.seats} == {cast.person_ids[one] for one in ("ivo", "ines", "iris")}
    assert cast.cato.stage == "pitched"
    ivo = cast.browser("ivo")
    review = ivo.page(f"/interviews/{interview.id}/review")
    assert "What happens today when a customer calls twice?" in review.words
    assert len(transcript.segments_of(cast.session, interview.id)) == 2
    assert tasks(cast, "ivo") == [interview.id]  # the same task as after a live pitch
    cato.send("/pitch/typed", {"text": words, "edition": "3"}, status=409)


def tasks(cast: Cast, name: str) -> list[int]:
    found = scorecard.tasks_for(cast.session, cast.actor(name), now=cast.clock.now())
    return [task.interview_id for task in found if task.candidate_name == "Cato Candidate"]


def test_a_file_that_cannot_be_used_opens_the_pitch_again(
    cast: Cast, takes: list[bytes], run_jobs: Callable[[], None]
) -> None:
    cato = cast.browser("cato")
    consent(cato)
    mara = cast.browser("mara")
    rows = {"title-0": "All of it", "think-0": "0", "minutes-0": "1", "retakes": "0", "live": "y", "recorded": "y"}
    mara.send(f"/jobs/{cast.job_id}/pitch", {**rows, "minutes-0": "0"}, status=422)
    mara.send(f"/jobs/{cast.job_id}/pitch", {**rows, "due_days": "2"})
    assert (
        "On this job pitches are not written"
        in cato.send("/pitch/typed", {"text": "x" * 300, "edition": "0"}, status=403).text
    )

    sender = Sender(cato)
    part = sender.begin("file-0001", way="uploaded", file_name="notes.pdf")["id"]
    assert "This is a PDF file" in sender.append(part, b"%PDF-1.7" + b"\0" * 100, 0, status=422)["detail"]
    large = sender.begin("file-0002", way="uploaded", size_bytes=5_000_000_000, status=413)
    assert "larger than the limit of 1024 MB" in large["detail"]
    sender.send("file-0003", takes[0][:300] + b"\xff" * 4000, way="uploaded", file_name="broken.webm")
    assert "broken.webm" in cato.page("/pitch/upload").words
    cato.send("/pitch/hand-in/uploaded")
    run_jobs()
    assert "damaged" in cato.page("/pitch/upload").words  # open again, with the reason
    assert "damaged" in cato.page("/prep").words
    assert "damaged" in cato.page("/prep/status").words
    assert cast.cato.interviews == []  # and nothing of it reached the team

    sender.send("file-0004", takes[1], way="uploaded", file_name="pitch.webm")
    cast.clock.forward(days=3)  # over: what is here can be handed in, nothing new can be begun
    cato = cast.browser("cato")
    sender = Sender(cato)
    assert sender.begin("file-0005", way="uploaded", status=409)["reason"] == "over"
    cato.send("/pitch/hand-in/uploaded")
    run_jobs()
    cast.session.rollback()
    (interview,) = cast.cato.interviews
    found = service.playable(cast.session, interview.id)
    assert found is not None

    cato.send("/prep/consent", {"recording": "no", "ai": "no"})  # withdrawn: gone for the team, and the bytes as well
    run_jobs()
    assert service.playable(cast.session, interview.id) is None
    assert cast.browser("ivo").get(f"/interviews/{interview.id}/recording/{found.recording_id}").status_code == 404
    with pytest.raises(NotFound):
        cast.app.extensions["pitchproof"].files.local_path(found.file_key)


def test_the_team_brings_the_recording_of_a_live_pitch_only_with_consent(
    cast: Cast, takes: list[bytes], run_jobs: Callable[[], None]
) -> None:
    mara, base = cast.browser("mara"), f"/interviews/{cast.interview_id}/recording"
    team = Sender(mara, f"{base}/parts")
    assert "has not answered the question about recording" in mara.page(base).words
    assert team.begin("file-0001", way="uploaded", status=403)["reason"] == "consent"
    consent(cast.browser("cleo"))
    part = team.begin("file-0001", way="uploaded", file_name="zoom.webm")["id"]
    team.append(part, takes[1][:4000], 0)
    assert "has not arrived completely" in mara.page(base).words
    team.append(part, takes[1][4000:], 4000)
    team.finish(part, takes[1])
    team.finish(part, takes[1])
    assert "is being prepared" in mara.page(base).words
    run_jobs()
    found = service.playable(cast.session, cast.interview_id)
    assert found is not None
    assert cast.interview.place == "Room 1"  # a live pitch stays what it was
    assert cast.session.query(Recording).count() == 1
    assert "Review it with the transcript" in cast.browser("ines").page(base).words
    assert "Replace it" in mara.page(base).words


def give_up(cast: Cast) -> None:
    """As after the last attempt at what cannot be prepared, on a full disk for instance."""
    with writing(cast.session):
        for row in cast.session.scalars(select(jobs.BackgroundJob).where(jobs.BackgroundJob.kind == "recording.join")):
            row.failed_at = cast.clock.now()


def test_a_recording_that_the_server_gives_up_on_is_said_to_be_and_can_be_tried_again(
    cast: Cast, takes: list[bytes], run_jobs: Callable[[], None]
) -> None:
    cleo, base = cast.browser("cleo"), f"/interviews/{cast.interview_id}/recording"
    consent(cleo)
    Sender(cast.browser("mara"), f"{base}/parts").send("file-0001", takes[0], way="uploaded", file_name="zoom.webm")
    give_up(cast)
    assert "the server could not prepare it" in cast.browser("mara").page(base).words

    consent(cast.browser("cato"))
    Sender(cast.browser("cato")).send("part-0001", takes[0], section=0)
    cast.browser("cato").send("/pitch/hand-in/recorded")
    assert "It is being prepared" in cast.browser("cato").page("/pitch").words
    give_up(cast)
    assert "It is safe here" in cast.browser("cato").page("/pitch").words
    with writing(cast.session):
        for row in cast.session.scalars(select(jobs.BackgroundJob).where(jobs.BackgroundJob.failed_at.is_not(None))):
            jobs.retry(cast.session, row.id, now=cast.clock.now())
    run_jobs()
    assert "The team has it." in cast.browser("cato").page("/pitch").words


@pytest.mark.on("sqlite")  # what is asked of the database is the same as above
def test_all_parts_together_have_a_limit(cast: Cast, takes: list[bytes]) -> None:
    cleo = cast.browser("cleo")
    consent(cleo)
    sender = Sender(cleo)
    part_id = sender.send("part-0001", takes[0])
    with writing(cast.session):
        cast.session.get_one(PitchPart, part_id).size_bytes = 3_100_000_000
    assert "more than there is room for" in sender.begin("part-0002", status=413)["detail"]


def grow_old(cast: Cast, part_id: int, *, size_bytes: int | None = None) -> None:
    """Have the last bytes of a part arrive two minutes ago, and be as many as said (a sparse file)."""
    cast.session.rollback()
    key = cast.session.get_one(PitchPart, part_id).file_key
    path = cast.app.extensions["pitchproof"].files.folder / f"{key}.growing"
    if size_bytes is not None:
        os.truncate(path, size_bytes)
    at = cast.clock.now().timestamp() - 120
    os.utime(path, (at, at))


@pytest.mark.on("sqlite")  # what is asked of the database is the same as above
def test_what_still_arrives_is_not_closed_and_what_arrived_has_a_measured_length(
    cast: Cast, takes: list[bytes]
) -> None:
    cleo = cast.browser("cleo")
    consent(cleo)
    sender = Sender(cleo)
    cut = sender.begin("part-0001")["id"]
    sender.append(cut, takes[1], 0)
    path = next(cast.app.extensions["pitchproof"].files.folder.rglob("*.growing"))
    os.utime(path, (cast.clock.now().timestamp() - 59,) * 2)
    lost = {"sha256": None, "size_bytes": 0, "length_ms": 0}
    assert sender.finish(cut, b"", **lost, status=409)["reason"] == "arriving"
    grow_old(cast, cut)
    assert sender.finish(cut, b"", **lost)["offset"] == len(takes[1])
    cast.session.rollback()
    assert 1900 < cast.session.get_one(PitchPart, cut).length_ms < 2200

    open_part, other = sender.begin("part-0002")["id"], sender.begin("part-0003")["id"]
    grow_old(cast, open_part, size_bytes=3_300_000_000)  # never finished, and counted all the same
    assert "more than there is room for" in sender.begin("part-0004", status=413)["detail"]
    assert "more than there is room for" in sender.append(other, takes[0], 0, status=413)["detail"]


@pytest.mark.on("sqlite")  # what is asked of the database is the same as above
def test_nothing_is_sent_after_the_pitch_took_place_or_after_the_decision(
    cast: Cast, takes: list[bytes], run_jobs: Callable[[], None]
) -> None:
    cleo, words = cast.browser("cleo"), {"text": "x" * 300, "edition": "0"}
    consent(cleo)
    sender = Sender(cleo)
    sender.send("part-0001", takes[0])
    cleo.send_json("/pitch/typed", {"text": ["y" * 300], "edition": ["0"]}, method="PATCH")

    def reaches(stage: Stage) -> None:
        with writing(cast.session):
            hiring.advance(cast.session, cast.cleo, stage, now=cast.clock.now())

    reaches(Stage.PITCHED)
    assert "Your pitch has taken place" in sender.begin("part-0002", status=409)["detail"]
    cleo.send("/pitch/hand-in/recorded", status=409)
    cleo.send("/pitch/typed", words, status=409)
    cleo.send("/pitch/typed", {**words, "text": "y" * 300}, status=409)
    assert "Record it here" not in cleo.page("/pitch").words
    assert cleo.get("/pitch/record").headers["Location"] == cleo.get("/pitch/typed").headers["Location"] == "/pitch"

    cato = cast.browser("cato")  # whose own pitch reached the team may send it again after taking it back
    consent(cato)
    sender = Sender(cato)
    sender.send("part-0001", takes[0])
    cato.send("/pitch/hand-in/recorded")
    run_jobs()
    assert cast.cato.stage == Stage.PITCHED
    consent(cato, recording="no")
    consent(cato)
    sender.begin("part-0001")
    with writing(cast.session):
        hiring.advance(cast.session, cast.cato, Stage.DECIDED, now=cast.clock.now())
    assert "The decision is made" in sender.begin("part-0002", status=409)["detail"]


@pytest.mark.on("sqlite")  # what is asked of the database is the same as above
def test_what_was_written_in_time_is_handed_in_later(cast: Cast) -> None:
    with writing(cast.session) as session:
        service.change_setting(session, cast.actor("mara"), cast.job, Setting(due_days=2), now=cast.clock.now())
    cato, kept = cast.browser("cato"), "kept " * 60
    long = cato.send("/pitch/typed", {"text": "x" * 20_001, "edition": "0"}, status=422).text
    assert "Everything you wrote is saved" not in long
    cato.send_json("/pitch/typed", {"text": [kept], "edition": ["0"]}, method="PATCH")
    cast.clock.forward(days=3)
    cato = cast.browser("cato")
    late = cato.send("/pitch/typed", {"text": "late " * 60, "edition": "1"}, status=409)
    assert "What you have can still be handed in" in late.text
    (field,) = cato.page("/pitch/typed").all("textarea")
    assert "readonly" in field
    cato.send("/pitch/typed", {"text": kept, "edition": "1"})
    cast.session.rollback()
    (interview,) = cast.cato.interviews
    assert service.typed_of(cast.session, interview.id).strip() == kept.strip()


@pytest.mark.on("sqlite")  # which gives the id of a deleted part to the next one
def test_the_teams_recording_after_withdrawal_replacement_and_the_candidates_own(
    cast: Cast, takes: list[bytes], run_jobs: Callable[[], None]
) -> None:
    cleo, base = cast.browser("cleo"), f"/interviews/{cast.interview_id}/recording"
    consent(cleo)
    mara = cast.browser("mara")
    team = Sender(mara, f"{base}/parts")

    def length() -> int:
        cast.session.rollback()
        run_jobs()
        found = service.playable(cast.session, cast.interview_id)
        return found.duration_ms // 900 if found else 0

    first = team.send("file-0001", takes[0], way="uploaded")
    assert length() == 1
    consent(cleo, recording="no")
    assert length() == 0
    assert "The candidate took the consent back; the recording was deleted." in mara.page(base).words
    consent(cleo)
    assert team.send("file-0002", takes[1], way="uploaded") == first  # the same id once more
    assert length() == 2
    team.send("file-0003", takes[2], way="uploaded")
    assert length() == 3
    again = team.begin("file-0002", way="uploaded")["id"]
    team.finish(again, takes[1])
    assert length() == 2

    open_part = team.begin("file-0004", way="uploaded")["id"]
    team.append(open_part, takes[0], 0)
    Sender(cleo).send("part-0001", takes[2])
    cleo.send("/pitch/hand-in/recorded")
    assert team.begin("file-0005", way="uploaded", status=409)["reason"] == "sent_in"
    assert team.finish(open_part, takes[0], status=409)["reason"] == "sent_in"
    assert "Replace it" not in mara.page(base).words

    consent(cleo, recording="no")  # while it is being joined: nothing is left of it
    assert length() == 0
    with writing(cast.session):
        made = service.recording_state(cast.session, cast.session.scalars(select(Pitch)).all()[-1])
        assert made is not None
        assert made.state == "deleted"
