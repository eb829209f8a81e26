"""The protocol of parts over HTTP, handing in, the gate, consent, the team's own upload, media with ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import select

from interview import audit
from interview.hiring import service as hiring
from interview.recording import service
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
