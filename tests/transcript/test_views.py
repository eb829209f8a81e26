"""The transcript's pages: who may, what is refused and how, and that names and words are data."""

from __future__ import annotations

import dataclasses
import html
import io
import json
from pathlib import Path

import pytest

from interview.adapters.files import LocalFiles
from interview.transcript import service
from interview.transcript.models import Transcript
from tests.support.pages import Browser

VTT = (
    b"WEBVTT\n\n0:0:1.0 --> 0:0:4.0\n<v CC>Hello, what hurts today?\n\n"
    b"00:04.000 --> 00:05.000\n<v Ivo (Acme)>Late cards.\n"
)
SHARED_XSS = Path(__file__).parents[2].parent / "shared" / "data" / "badinput" / "html" / "xss_payloads_quick.txt"


def url(cast, rest: str = "") -> str:
    return f"/interviews/{cast.interview_id}/transcript{rest}"


def upload(cast, browser: Browser, data: bytes = VTT, name: str = "call.vtt", status: int = 303):
    return browser.send(
        url(cast), {"file": (io.BytesIO(data), name)}, status=status, content_type="multipart/form-data"
    )


@pytest.fixture
def mara(cast) -> Browser:
    return cast.browser("mara")


def test_an_upload_is_read_shown_with_its_warnings_and_named_by_hand(cast, mara):
    assert "Bring the transcript" in mara.page(url(cast)).words
    upload(cast, mara)
    page = mara.page(url(cast))
    assert "1 thing to look at" in page.words
    assert "Line 3:" in page.words
    assert "CC 1 segment, first: “ Hello, what hurts today? ”" in page.words
    mara.send(url(cast, "/1/speakers"), {"speaker-0": "candidate", "speaker-1": f"panel-{cast.person_ids['ivo']}"})
    ivo = cast.browser("ivo").page(url(cast))
    assert "Cleo Candidate Hello, what hurts today?" in ivo.words
    assert "Cleo Candidate 75 %" in ivo.words
    assert "Who is who" not in ivo.words, "only the hiring manager names speakers"


def test_every_segment_has_a_stable_id(cast, mara, session):
    upload(cast, mara)
    wanted = [f"segment-{one.id}" for one in service.segments_of(session, cast.interview_id)]
    assert [item["id"] for item in mara.page(url(cast)).all("li") if item.get("id")] == wanted


def test_a_replaced_version_stays_readable_and_says_so(cast, mara):
    upload(cast, mara)
    upload(cast, mara, b"CC: A better file.\n")
    assert "A better file." in mara.page(url(cast)).words
    old = mara.page(url(cast, "?version=1")).words
    assert "Hello, what hurts today?" in old
    assert "kept because it may be cited" in old
    assert "Who is who" not in old
    mara.page(url(cast, "?version=3"), status=404)
    mara.page(url(cast, "?version=99999999999999999999"), status=404)


def test_the_original_comes_back_byte_for_byte_and_cannot_run(cast, mara):
    upload(cast, mara, name="../../call <b>.vtt")
    answer = mara.get(url(cast, "/1/file"))
    assert answer.data == VTT
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert mara.get(url(cast, "/2/file")).status_code == 404


def test_a_refused_file_is_a_sentence_and_the_transcript_before_stays(cast, mara, session):
    upload(cast, mara)
    for data, sentence in (
        (b"%PDF-1.7\n", "This is a PDF."),
        (b"\x89PNG\r\n", "This is a picture"),
        (b"PK\x03\x04 word/document.xml", "This is a packed file, and it is damaged."),
        (b'{"segments": [', "breaks off or is damaged at line 1"),
        (b"", "The file is empty."),
        (b"x" * (20 * 2**20 + 1), "20 MB"),
    ):
        answer = upload(cast, mara, data, "call.vtt", status=422)
        assert sentence in html.unescape(answer.text)
        assert "Hello, what hurts today?" in answer.text
    assert session.query(Transcript).count() == 1


def test_the_file_in_use_sent_again_is_neither_a_version_nor_a_second_copy(cast, mara, app):
    upload(cast, mara)
    stored = sorted(app.extensions["pitchproof"].files.folder.rglob("*.transcript"))
    upload(cast, mara, name="again.vtt")
    assert "Versions" not in mara.page(url(cast)).words
    assert sorted(app.extensions["pitchproof"].files.folder.rglob("*.transcript")) == stored


class FullDisk(LocalFiles):
    """A store on a disk without room."""

    def _free_bytes(self) -> int:
        return 0


def test_a_full_disk_is_a_sentence_and_the_transcript_before_stays(cast, mara, app, tmp_path):
    upload(cast, mara)
    doors = app.extensions["pitchproof"]
    app.extensions["pitchproof"] = dataclasses.replace(doors, files=FullDisk(doors.files.folder))
    assert "The server's disk is full" in html.unescape(upload(cast, mara, b"Ann: hi\n", status=507).text)
    assert "Hello, what hurts today?" in mara.page(url(cast)).words


def test_no_file_at_all_is_a_sentence(cast, mara):
    assert "Choose the transcript file." in mara.send(url(cast), status=422).text


def test_names_are_exchanged_joined_and_told_apart_on_the_page(cast, mara, session):
    upload(cast, mara, VTT + b"\n00:06.000 --> 00:07.000\n<v Room>Yes?\n")
    where, ivo = url(cast, "/1/speakers"), f"panel-{cast.person_ids['ivo']}"
    said = {"speaker-0": ivo, "speaker-1": "candidate"}
    mara.send(where, {**said, "do": "swap", "chosen-0": "1", "chosen-1": "1"})
    page = mara.page(url(cast)).words
    assert "Cleo Candidate Hello, what hurts today?" in page
    assert "By side Candidate" in page
    assert "Tick the two names" in html.unescape(mara.send(where, {"do": "swap"}, status=422).text)
    mara.send(where, {"do": "join", "speaker-2": "", "chosen-0": "1", "chosen-2": "1"})
    assert "Room (1 segment) is the same voice as CC" in mara.page(url(cast)).words
    for wrong in ("9", "x", "-1", "\u0663"):
        mara.send(where, {"apart": wrong}, status=422)
    mara.send(where, {"apart": "2"})
    assert "the same voice" not in mara.page(url(cast)).words


def test_a_candidate_reads_the_own_pitch_by_roles_and_corrects_it(cast, mara, session):
    cleo, cato = cast.browser("cleo"), cast.browser("cato")
    own = "/prep/transcript"
    assert "No transcript yet" in cleo.page(own).words
    upload(cast, mara)
    mara.send(url(cast, "/1/speakers"), {"speaker-0": "candidate", "speaker-1": f"panel-{cast.person_ids['ivo']}"})
    segment_id = service.segments_of(session, cast.interview_id)[1].id
    page = cleo.page(own).words
    assert "You Hello, what hurts today?" in page
    assert "Interviewer Late cards." in page
    assert "Ivo" not in page
    assert "No transcript yet" in cato.page(own).words
    assert "Read the transcript" in cleo.page("/prep/status").words

    where = f"{own}/segments/{segment_id}/correction"
    assert "What was said here" in cleo.page(f"{own}?edit={segment_id}").words
    refused = cleo.send(where, {"words": "x" * 3000}, status=422)
    assert "up to 222 characters; this has 3,000" in refused.text
    assert "x" * 3000 in refused.text, "what was written is not lost"
    cleo.send(where, {"words": "<b>Late</b> cards, always."})
    assert "Your correction: <b>Late</b> cards, always." in cleo.page(f"{own}?passage={segment_id}").words
    team = cast.browser("ivo").page(url(cast)).words
    assert "Late cards. The candidate corrects: <b>Late</b> cards, always." in team
    assert "The candidate corrected 1 passage." in team
    for browser, status in ((cato, 404), (mara, 403), (cast.browser("rita"), 403)):
        browser.send(where, {"words": "Mine now."}, status=status)
        browser.send(f"{where}/removal", status=status)
    cleo.send(f"{where}/removal")
    assert "Your correction" not in cleo.page(own).words
    cleo.send(f"{where}/removal", status=409)
    cleo.send(f"{own}/segments/99999/correction", {"words": "x"}, status=404)
    for query in ("?edit=x", "?edit=-1", "?passage=99999999999999", "?after=-5", "?after=99999999999", "?interview=7"):
        cleo.page(own + query)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("mara", 200),
        ("ivo", 200),
        ("iris", 200),
        ("rita", 403),
        ("ada", 403),
        ("otto", 404),
        ("nils", 404),
        ("cleo", 403),
    ],
)
def test_who_may_read_it(cast, mara, name, status):
    upload(cast, mara)
    for path in (url(cast), url(cast, "/1/file")):
        answer = cast.browser(name).get(path)
        assert answer.status_code == status
        assert status == 200 or b"Late cards" not in answer.data


@pytest.mark.parametrize(("name", "status"), [("ivo", 403), ("rita", 403), ("otto", 404), ("nils", 404), ("cleo", 403)])
def test_who_may_not_bring_or_name(cast, mara, session, name, status):
    upload(cast, mara)
    browser = cast.browser(name)
    upload(cast, browser, b"Other: words.\n", status=status)
    browser.send(url(cast, "/1/speakers"), {"speaker-0": "candidate"}, status=status)
    assert [label.speaker for label in service.labels(session, service.transcript_of(session, cast.interview_id))] == [
        None,
        None,
    ]


def test_anonymous_is_asked_to_sign_in(cast, anonymous):
    assert anonymous.get(url(cast)).status_code == 302


def test_dirty_speakers_are_refused(cast, mara):
    upload(cast, mara)
    for dirty in ("panel-", "panel-x", "panel-99999", "candidate-3", "nobody", "panel--1", "panel-\u0663"):
        mara.send(url(cast, "/1/speakers"), {"speaker-0": dirty}, status=422)
    mara.send(url(cast, "/7/speakers"), {"speaker-0": "other"}, status=404)
    upload(cast, mara, b"Ann: hi\n")
    mara.send(url(cast, "/1/speakers"), {"speaker-0": "other"}, status=409)
    assert mara.get(url(cast, "/1/speakers")).status_code == 405


def test_dirty_pages_of_a_transcript_are_harmless(cast, mara):
    upload(cast, mara)
    for query in ("?version=x", "?after=x", "?after=-5", "?after=99999999", "?after=99999999999999999999"):
        mara.page(url(cast, query))


def test_names_and_words_are_data(cast, mara):
    lines = ["<script>canary()</script>", '"><img src=x onerror=canary()>', "${7*7}", "javascript:canary()"]
    if SHARED_XSS.exists():
        lines += [
            line for line in SHARED_XSS.read_text(errors="replace").splitlines() if line.strip() and "{{" not in line
        ]
    cues = [
        f"00:00:{i % 60:02}.000 --> 00:00:{i % 60:02}.500\n<v {line.replace('>', '&gt;').replace('<', '&lt;')}>{line}\n"
        for i, line in enumerate(line.replace("-->", "-- >") for line in lines)
    ]
    upload(cast, mara, ("WEBVTT\n\n" + "\n".join(cues)).encode(), "<img src=x onerror=canary()>.vtt")
    answer = mara.get(url(cast))
    for tag in ("<script>canary", "<img src=x", "<svg onload", "<iframe"):
        assert tag not in answer.text.lower()
    assert "&lt;script&gt;canary()&lt;/script&gt;" in answer.text


def test_the_command_prints_what_is_in_a_file(app, tmp_path):
    runner = app.test_cli_runner()
    good, bad = tmp_path / "call.vtt", tmp_path / "call.pdf"
    good.write_bytes(VTT)
    bad.write_bytes(b"%PDF-1.7")

    done = runner.invoke(args=["transcript", "read", str(good), "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["format"] == "webvtt"
    assert (
        found["segments"][0] | {"ordinal": 1, "start_ms": 1000, "end_ms": 4000, "speaker": "CC"} == found["segments"][0]
    )
    assert found["warnings"][0]["line"] == 3
    assert "CC: Hello, what hurts today?" in runner.invoke(args=["transcript", "read", str(good)]).stdout

    call = tmp_path / "call.bin"
    call.write_bytes(b'{"segments": [{"start": 1, "end": 2, "text": "Hi", "speaker": "A"}, {"text": ""}]}')
    found = json.loads(runner.invoke(args=["transcript", "read", str(call), "--json"]).stdout)
    assert (found["format"], found["segments"][0]["speaker"]) == ("whisperx", "A")
    assert found["warnings"] == [
        {"line": 2, "code": "no_words", "message": "This entry has no words; it was left out.", "place": "segments[1]"}
    ]

    refused = runner.invoke(args=["transcript", "read", str(bad)])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("This is a PDF.")
    assert runner.invoke(args=["transcript", "read", str(tmp_path / "none")]).exit_code == 2
    strict = runner.invoke(args=["transcript", "read", str(good), "--json", "--strict"])
    assert [one["text"] for one in json.loads(strict.stdout)["segments"]] == ["<v Ivo (Acme)>Late cards."]
