"""Word documents: Teams' two shapes, Meet's, Otter's, typed ones; what cannot be aligned or does harm is refused."""

import io
import zipfile

import docx
import pytest
from docx.oxml.ns import qn

from interview.transcript.rules import word
from interview.transcript.rules.reading import read_transcript
from interview.transcript.rules.segments import Reading, TranscriptRefused
from tests.transcript.fuzz import nested


def document(*paragraphs: str) -> bytes:
    made = docx.Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)  # "\n" becomes a break inside the paragraph, as Teams writes it
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def said(reading: Reading) -> list[tuple[int | None, int | None, str | None, str]]:
    return [(s.start_ms, s.end_ms, s.speaker, s.text) for s in reading.segments]


def codes(reading: Reading) -> list[tuple[str, str]]:
    return [(w.place, w.code) for w in reading.warnings]


def refusal(data: bytes) -> str:
    with pytest.raises(TranscriptRefused) as refused:
        read_transcript(data)
    assert refused.value.sentence.endswith(".")
    return refused.value.sentence


TEAMS = (
    "Pitch of Cleo-20260815_180700-Meeting Recording",
    "15 August 2026, 06:07pm",
    "Ann Berg started transcription",
    "Ann Berg   0:04\nHello, what\nhurts today?",
    "Tom O'Neil (Guest)   1:00:12\nLate cards at 10:30.",
    "Ann Berg   1:00:15\n",
    "Ann Berg stopped transcription",
)


def test_teams_download_has_a_paragraph_for_each_turn():
    reading = read_transcript(document(*TEAMS))
    assert (reading.format, reading.unit) == ("teams_docx", "paragraph")
    assert said(reading) == [
        (4000, None, "Ann Berg", "Hello, what hurts today?"),
        (3612000, None, "Tom O'Neil (Guest)", "Late cards at 10:30."),
    ]
    assert codes(reading) == [
        ("paragraph 1", "before_first_turn"), ("paragraph 2", "before_first_turn"), ("paragraph 3", "not_speech"),
        ("paragraph 6", "no_words"), ("paragraph 7", "not_speech"),
    ]  # fmt: skip
    assert reading.segments[0].line == 4
    prose = refusal(document(*TEAMS[:5], "Recap: Cleo was convincing.", TEAMS[3]))
    assert "paragraph 6 (“Recap: Cleo was convincing.”)" in prose


def test_older_teams_documents_have_times_name_and_words():
    paragraphs = (
        "0:0:5.100 --> 0:0:8.250",
        "Ann Berg",
        "Hello\nagain.",
        "0:0:9.0 --> 0:0:10.0\nTom\nHi.",
        "0:1:0.0 --> 0:1:1.0",
    )
    reading = read_transcript(document("Title", *paragraphs))
    assert said(reading) == [(5100, 8250, "Ann Berg", "Hello again."), (9000, 10000, "Tom", "Hi.")]
    assert codes(reading) == [("paragraph 1", "before_first_turn"), ("paragraph 6", "no_words")]


def test_meets_document_gives_what_stands_under_the_times_and_no_summary():
    notes = ("Notes", "Summary", "Ann praised the pitch (00:03:00).", "Next steps: call Tom.", "Transcript")
    turns = ("00:00:00", "Ann Berg: All right.", "Tom: Thanks.", "00:05:00", "Tom: Four hours.")
    trailer = ("Transkription endete nach 00:30:30", "This editable transcript was computer generated.")
    reading = read_transcript(document(*notes, *turns, *trailer))
    assert (reading.format, said(reading)) == (
        "meet",
        [(0, None, "Ann Berg", "All right."), (None, None, "Tom", "Thanks."), (300000, None, "Tom", "Four hours.")],
    )
    assert codes(reading) == [("paragraph 1", "before_first_turn"), ("paragraph 11", "not_speech")]
    assert "names nobody" in refusal(document(*turns[:2], "A summary of it all.", *turns[2:]))
    assert "cannot be told apart" in refusal(document("Summary", "Ann praised Tom's pitch (00:03:00).", "More prose."))
    assert "cannot be told apart" in refusal(document("00:00:00", "Prose without a name.", "00:05:00", "Prose again."))


def test_otters_and_typed_documents():
    otter = document("Ann  0:04", "Hello.", "And more.", "Tom  0:09", "Hi.", "Transcribed by https://otter.ai")
    assert said(read_transcript(otter)) == [(4000, None, "Ann", "Hello. And more."), (9000, None, "Tom", "Hi.")]
    typed = read_transcript(
        document("Our call", "Ann: Hello at 10:30 sharp.", "Tom: Hi.", "And one more thing.", "Ann: Yes.")
    )
    assert [(one[2], one[3]) for one in said(typed)] == [
        ("Ann", "Hello at 10:30 sharp."), ("Tom", "Hi."), ("Tom", "And one more thing."), ("Ann", "Yes."),
    ]  # fmt: skip
    assert codes(typed) == [("paragraph 1", "before_first_turn"), ("paragraph 4", "name_carried_on")]
    assert said(read_transcript(document("[00:04] Ann: Hello", "[00:09] Tom: Hi")))[1] == (9000, None, "Tom", "Hi")
    assert "does not say who speaks" in refusal(document("Dear team", "please find my notes."))
    assert "no text" in refusal(document())


def test_tables_and_tracked_changes_are_read_as_the_page_shows_them():
    made = docx.Document()
    made.add_table(1, 1).cell(0, 0).paragraphs[0].add_run("Ann: In a table.")
    paragraph = made.add_paragraph("Tom: I said ")
    for tag, inner, text in (("w:ins", "w:t", "yes"), ("w:del", "w:delText", "no")):
        change = paragraph._p.makeelement(qn(tag), {})
        run = change.makeelement(qn("w:r"), {})
        words = run.makeelement(qn(inner), {})
        words.text = text
        run.append(words)
        change.append(run)
        paragraph._p.append(change)
    written = io.BytesIO()
    made.save(written)
    reading = read_transcript(written.getvalue())
    assert [one.text for one in reading.segments] == ["In a table.", "I said yes"]
    assert [code for _, code in codes(reading)] == ["tracked_changes"]


def test_paragraphs_within_paragraphs_keep_their_own_words_and_are_walked_once():
    words = "<w:r><w:tab/><w:t>more</w:t></w:r>" * 20_000 + "<w:ins/>"  # walked at each level, this took minutes
    reading = read_transcript(nested(200, words))
    assert len(reading.segments) == 201
    assert [one.text[:11].strip() for one in reading.segments[:3]] == ["Hi.", "Level 0.", "Level 1."]
    assert reading.segments[-1].text.endswith("Level 199. " + " ".join(["more"] * 20_000))
    assert ("paragraph 2", "tracked_changes") in codes(reading)


def packed(**parts: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return written.getvalue()


def test_archives_bombs_and_broken_documents_are_a_sentence():
    good = document(*TEAMS)
    bomb = packed(**{"word/document.xml": bytes(word.LARGEST_PART_BYTES + 1)})
    assert "unpacks to 30 MB" in refusal(bomb)
    marks = packed(**{"word/document.xml": b"", "word/styles.XML": bytes(word.MOST_XML_BYTES), "a.rels": b" "})
    assert "holds 8 MB of text and marks" in refusal(marks)
    many = packed(**{"word/document.xml": b"", **{f"x{i}": b"" for i in range(word.MOST_ENTRIES)}})
    assert "2,001 parts" in refusal(many)
    assert "spreadsheet" in refusal(packed(**{"xl/workbook.xml": b""}))
    assert "presentation" in refusal(packed(**{"ppt/presentation.xml": b""}))
    assert "OpenDocument" in refusal(packed(**{"content.xml": b""}))
    assert "packed archive" in refusal(packed(**{"call.vtt": b"WEBVTT"}))
    assert "damaged" in refusal(good[: len(good) // 2])
    assert "damaged or protected" in refusal(packed(**{"word/document.xml": b"<w:document>"}))
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    assert "damaged or protected" in refusal(packed(**{"[Content_Types].xml": entities, "word/document.xml": entities}))
