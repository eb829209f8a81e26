"""Transcripts as rows: versions that stay, speakers named by hand, nothing guessed, nothing changed."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from interview import audit
from interview.adapters.files import LocalFiles
from interview.db import writing
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring.rules import Stage
from interview.transcript import service
from interview.transcript.models import Transcript, TranscriptSegment
from interview.transcript.rules.segments import TranscriptRefused
from interview.transcript.rules.speakers import Speaker, SpeakerKind
from tests.support.cast import Cast

FIRST = (
    b"WEBVTT\n\n00:01.000 --> 00:04.000\n<v CC>Hello, what hurts today?\n\n"
    b"00:04.000 --> 00:05.000\n<v Ivo (Acme)>Late cards.\n"
)
SECOND = b"Cleo C: Hello.\n\nSomeone: Hi.\n"
CANDIDATE = Speaker(SpeakerKind.CANDIDATE)


@pytest.fixture
def files(tmp_path) -> LocalFiles:
    return LocalFiles(tmp_path / "files")


def upload(cast: Cast, files: LocalFiles, data: bytes = FIRST, name: str = "call.vtt") -> Transcript:
    received = service.receive(name, data, files=files)
    with writing(cast.session):
        return service.add(cast.session, cast.actor("mara"), cast.interview, received, now=cast.clock.now())


def name_speakers(cast: Cast, number: int, **_: object) -> None:
    speakers = {"CC": CANDIDATE, "Ivo (Acme)": Speaker(SpeakerKind.PANEL, cast.person_ids["ivo"])}
    with writing(cast.session):
        service.map_speakers(
            cast.session, cast.actor("mara"), cast.interview, number=number, speakers=speakers, now=cast.clock.now()
        )


def test_an_upload_keeps_the_file_its_segments_and_warnings_and_moves_the_application_on(cast, session, files):
    transcript = upload(cast, files)
    assert (transcript.number, transcript.format, transcript.segments_count) == (1, "webvtt", 2)
    assert files.local_path(transcript.file_key).read_bytes() == FIRST
    assert len(transcript.file_sha256) == 64
    assert [(s.start_ms, s.speaker_name, s.text) for s in service.segments_of(session, cast.interview_id)] == [
        (1000, "CC", "Hello, what hurts today?"),
        (4000, "Ivo (Acme)", "Late cards."),
    ]
    assert cast.cleo.stage == Stage.PITCHED
    assert [one.action for one in audit.listing(session, action="transcript:")] == ["transcript:uploaded"]


def test_names_are_what_a_person_said_and_never_guessed(cast, session, files):
    upload(cast, files)
    assert [label.speaker for label in service.labels(session, cast_transcript(cast))] == [None, None]
    name_speakers(cast, 1)
    named = service.segments_of(session, cast.interview_id)
    assert [(s.label, s.speaker_name, s.kind) for s in named] == [
        ("CC", "Cleo Candidate", SpeakerKind.CANDIDATE),
        ("Ivo (Acme)", "Ivo Interviewer", SpeakerKind.PANEL),
    ]
    with writing(session):
        service.map_speakers(
            session,
            cast.actor("mara"),
            cast.interview,
            number=1,
            speakers={"CC": None, "Ivo (Acme)": Speaker(SpeakerKind.OTHER)},
            now=cast.clock.now(),
        )
    assert [s.speaker_name for s in service.segments_of(session, cast.interview_id)] == ["CC", "Ivo (Acme)"]


def cast_transcript(cast: Cast) -> Transcript:
    found = service.transcript_of(cast.session, cast.interview_id)
    assert found
    return found


def test_labels_come_with_count_and_first_words(cast, session, files):
    upload(cast, files, FIRST + b"\n00:06.000 --> 00:07.000\n<v CC>And then?\n")
    assert [
        (one.label, one.segments_count, one.first_words) for one in service.labels(session, cast_transcript(cast))
    ] == [
        ("CC", 2, "Hello, what hurts today?"),
        ("Ivo (Acme)", 1, "Late cards."),
    ]


def test_a_new_version_stands_beside_the_old_which_keeps_its_segments_and_names(cast, session, files):
    old = upload(cast, files)
    name_speakers(cast, 1)
    cited = service.segments_of(session, cast.interview_id)[0]
    new = upload(cast, files, SECOND, "call.txt")
    assert (new.number, [one.number for one in service.versions(session, cast.interview_id)]) == (2, [2, 1])
    assert [s.speaker_name for s in service.segments_of(session, cast.interview_id)] == ["Cleo C", "Someone"]
    assert service.segment(session, cited.id) == cited
    assert service.transcript_of(session, cast.interview_id, number=1) is old
    assert files.local_path(old.file_key).read_bytes() == FIRST


def test_the_same_file_again_is_no_new_version(cast, session, files):
    assert upload(cast, files).id == upload(cast, files, name="again.vtt").id
    assert len(service.versions(session, cast.interview_id)) == 1


def test_a_refused_file_stores_nothing(cast, session, files):
    upload(cast, files)
    before = sorted(files.folder.rglob("*"))
    with pytest.raises(TranscriptRefused):
        service.receive("call.pdf", b"%PDF-1.7", files=files)
    assert sorted(files.folder.rglob("*")) == before
    assert cast_transcript(cast).number == 1


def test_naming_speakers_of_a_replaced_version_is_a_conflict(cast, files):
    upload(cast, files)
    upload(cast, files, SECOND)
    with pytest.raises(Conflict):
        name_speakers(cast, 1)


@pytest.mark.parametrize("speakers", [{"Nobody": CANDIDATE}, {"CC": Speaker(SpeakerKind.PANEL, 10_000)}])
def test_only_labels_and_people_of_this_interview_can_be_named(cast, session, files, speakers):
    upload(cast, files)
    with pytest.raises(Invalid), writing(session):
        service.map_speakers(
            session, cast.actor("mara"), cast.interview, number=1, speakers=speakers, now=cast.clock.now()
        )
    assert service.speaker_names(session, cast_transcript(cast)) == {}


def test_a_segment_refuses_to_change(cast, session, files):
    upload(cast, files)
    with pytest.raises(TypeError, match="immutable"), writing(session):
        session.scalars(select(TranscriptSegment)).first().text = "something kinder"
    assert service.segments_of(session, cast.interview_id)[0].text == "Hello, what hurts today?"


def test_segments_can_be_paged(cast, session, files):
    upload(cast, files)
    transcript = cast_transcript(cast)
    assert [s.ordinal for s in service.segments(session, transcript, limit=1)] == [1]
    assert [s.ordinal for s in service.segments(session, transcript, after=1)] == [2]


def test_an_unknown_segment_is_not_found(session, cast):
    with pytest.raises(NotFound):
        service.segment(session, 99)
    assert service.segments_of(session, cast.interview_id) == []


def test_lists_cost_the_same_queries_however_long(cast, session, files):
    upload(cast, files)
    name_speakers(cast, 1)
    short = queries_of(session, lambda: service.segments_of(session, cast.interview_id))
    upload(cast, files, b"\n\n".join(b"Speaker %d: word" % (i % 30) for i in range(300)))
    assert queries_of(session, lambda: service.segments_of(session, cast.interview_id)) == short
    assert service.with_transcript(session, [cast.interview_id, 99]) == {cast.interview_id}


def test_talk_facts_are_by_person_once_they_are_named(cast, session, files):
    upload(cast, files)
    name_speakers(cast, 1)
    facts = service.talk_facts(session, cast_transcript(cast))
    assert [(share.speaker, share.share_pct) for share in facts.shares] == [
        ("Cleo Candidate", 75.0),
        ("Ivo Interviewer", 25.0),
    ]
    assert facts.longest
    assert facts.longest.speaker == "Cleo Candidate"


def test_talk_facts_count_pace_and_questions_by_side_and_speaker(cast, session, files):
    words = b"one two three? " * 10
    upload(
        cast,
        files,
        b"WEBVTT\n\n00:00.000 --> 00:20.000\n<v CC>" + words + b"\n\n00:20.000 --> 00:25.000\n<v Ivo (Acme)>No.\n",
    )
    assert service.talk_facts(session, cast_transcript(cast)).sides == (), "nobody is named yet"
    name_speakers(cast, 1)
    facts = service.talk_facts(session, cast_transcript(cast))
    assert [(one.speaker, one.share_pct, one.words_per_min, one.questions_count) for one in facts.sides] == [
        ("Candidate", 80.0, 90, 10),
        ("Panel", 20.0, None, 0),  # 5 s say nothing of a pace
    ]


THREE = b"WEBVTT\n\n" + b"\n".join(
    b"00:0%d.000 --> 00:0%d.500\n<v %s>words %d\n" % (i, i, name, i)
    for i, name in enumerate((b"CC", b"Speaker 3", b"Room", b"CC"))
)


def test_two_names_are_exchanged_in_one_press_with_what_was_chosen(cast, session, files):
    upload(cast, files)
    panel = Speaker(SpeakerKind.PANEL, cast.person_ids["ivo"])

    def swap(**speakers: Speaker | None) -> dict[str, Speaker | None]:
        with writing(session):
            service.swap_speakers(
                session, cast.actor("mara"), cast.interview, number=1, pair=("CC", "Ivo (Acme)"),
                speakers={"CC" if key == "cc" else "Ivo (Acme)": who for key, who in speakers.items()},
                now=cast.clock.now(),
            )  # fmt: skip
        return {one.label: one.speaker for one in service.labels(session, cast_transcript(cast))}

    with pytest.raises(Invalid, match="nothing to exchange"):
        swap()
    assert swap(cc=panel, ivo=CANDIDATE) == {"CC": CANDIDATE, "Ivo (Acme)": panel}
    assert swap() == {"CC": panel, "Ivo (Acme)": CANDIDATE}
    assert swap(cc=None) == {"CC": CANDIDATE, "Ivo (Acme)": None}


def test_several_names_of_one_voice_are_joined_and_told_apart_again(cast, session, files):
    transcript = upload(cast, files, THREE)
    mara, now = cast.actor("mara"), cast.clock.now()

    def join(*chosen: str, number: int = 1) -> None:
        with writing(session):
            service.merge_labels(session, mara, cast.interview, number=number, labels_chosen=chosen, now=now)

    def names() -> list[tuple[str, SpeakerKind | None]]:
        return [(one.speaker_name, one.kind) for one in service.segments(session, transcript)]

    with writing(session):
        service.map_speakers(
            session, mara, cast.interview, number=1, now=now,
            speakers={"Room": CANDIDATE, "Speaker 3": Speaker(SpeakerKind.OTHER)},
        )  # fmt: skip
    for wrong in (("CC",), ("CC", "Nobody"), ("CC", "CC")):
        with pytest.raises(Invalid, match="at least two"):
            join(*wrong)
    with pytest.raises(Invalid, match="said to be different"):
        join("Room", "Speaker 3")
    with pytest.raises(Conflict):
        join("CC", "Room", number=2)

    cleo = ("Cleo Candidate", SpeakerKind.CANDIDATE)
    join("CC", "Room")
    assert names() == [cleo, ("Speaker 3", SpeakerKind.OTHER), cleo, cleo]
    with writing(session):  # nobody guesses: Speaker 3 is unnamed again, then joined by hand
        service.map_speakers(session, mara, cast.interview, number=1, speakers={"Speaker 3": None}, now=now)
    join("Room", "Speaker 3")
    assert names() == [cleo] * 4
    assert {one.label: one.merged_into for one in service.labels(session, transcript)} == {
        "CC": "Room", "Speaker 3": "Room", "Room": None,
    }  # fmt: skip
    assert len(service.talk_facts(session, transcript).shares) == 1
    with writing(session):
        service.split_label(session, mara, cast.interview, number=1, label="CC", now=now)
    assert names() == [("CC", None), cleo, cleo, ("CC", None)]
    with pytest.raises(Conflict), writing(session):
        service.split_label(session, mara, cast.interview, number=1, label="CC", now=now)
    assert [one.action for one in audit.listing(session, action="transcript:labels")] == [
        "transcript:labels-split", "transcript:labels-joined", "transcript:labels-joined",
    ]  # fmt: skip


def test_a_join_into_a_joined_name_stays_flat(cast, session, files):
    transcript = upload(cast, files, THREE)
    with writing(session):
        for chosen in (("Speaker 3", "Room"), ("CC", "Speaker 3")):
            service.merge_labels(
                session, cast.actor("mara"), cast.interview, number=1, labels_chosen=chosen, now=cast.clock.now()
            )
    assert {one.label: one.merged_into for one in service.labels(session, transcript)} == {
        "CC": None, "Speaker 3": "CC", "Room": "CC",
    }  # fmt: skip


def test_a_candidates_correction_stands_beside_the_words_and_can_be_taken_back(cast, session, files, monkeypatch):
    cleo = cast.actor("cleo")
    assert service.own_transcripts(session, cleo) == [], "before the pitch there is nothing to see"
    transcript = upload(cast, files)
    first, second = service.segments(session, transcript)

    def correct(words: str, segment_id: int = first.id, who: str = "cleo") -> None:
        with writing(session):
            service.correct(session, cast.actor(who), segment_id, words, now=cast.clock.now())

    def standing() -> list[tuple[str, str | None]]:
        return [(one.text, one.correction) for one in service.segments(session, transcript)]

    assert service.own_transcripts(session, cleo) == [transcript]
    assert service.roles_for_candidate(session, transcript) == {None: "", "CC": "Voice 1", "Ivo (Acme)": "Voice 2"}
    name_speakers(cast, 1)
    assert service.roles_for_candidate(session, transcript) == {None: "", "CC": "You", "Ivo (Acme)": "Interviewer"}

    correct("  Hello,\nwhat \u202ehurts\x00 most? ")
    correct("Hello, what hurts most?")  # the same again
    correct("Late cards, always.", second.id)
    correct("Hello, what hurts the most today?")
    assert standing() == [
        ("Hello, what hurts today?", "Hello, what hurts the most today?"), ("Late cards.", "Late cards, always."),
    ]  # fmt: skip
    assert service.segment(session, first.id).text == first.text
    for words, sentence in (
        ("\u200b ", "Write what was said"),
        ("Hello, what hurts today?", "nothing to correct"),
        ("x" * (2 * 24 + 201), "up to 248 characters; this has 249"),
    ):
        with pytest.raises(Invalid, match=sentence):
            correct(words)
    with pytest.raises(NotFound):
        correct("Not mine.", who="cato")
    monkeypatch.setattr(service, "MOST_CORRECTIONS", 2)
    correct("Changed again", second.id)
    monkeypatch.setattr(service, "MOST_CORRECTIONS", 1)
    with writing(session):
        service.take_back(session, cleo, first.id, now=cast.clock.now())
    with pytest.raises(Invalid, match="1 passages"):
        correct("One too many")
    assert standing() == [("Hello, what hurts today?", None), ("Late cards.", "Changed again")]
    with pytest.raises(Conflict, match="no correction"), writing(session):
        service.take_back(session, cleo, first.id, now=cast.clock.now())

    trail = [one for one in audit.listing(session, action="transcript:correct") if one.action == "transcript:corrected"]
    assert len(trail) == 4
    assert "hurts" not in str(trail), "the words are not in the trail"
    upload(cast, files, SECOND)
    with pytest.raises(Conflict, match="replaced"):
        correct("Too late", second.id)
    newest = service.segments_of(session, cast.interview_id)[0]
    with writing(session):
        cast.cleo.stage = Stage.DECIDED
    with pytest.raises(Conflict, match="decision"):
        correct("Too late", newest.id)


def test_text_that_databases_dislike_is_kept(cast, session, files):
    odd = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Zoë \U0001f600>a\x00b \u202egnp \U000e0041'; DROP TABLE segment;--\n"
    upload(cast, files, odd.encode())
    found = service.segments_of(session, cast.interview_id)[0]
    assert (found.label, found.text) == ("Zoë \U0001f600", "a\ufffdb \u202egnp \U000e0041'; DROP TABLE segment;--")


def test_a_name_too_long_for_a_name_is_kept_as_words(cast, session, files):
    upload(cast, files, b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v " + b"x" * 300 + b">hi\n")
    found = service.segments_of(session, cast.interview_id)[0]
    assert (found.label, found.text) == (None, "x" * 300 + ": hi")


def queries_of(session: Session, work) -> int:
    """Count the statements that some work sends in a transaction of its own."""
    seen = []

    def note(*args) -> None:
        seen.append(args[2])

    session.rollback()
    event.listen(session.get_bind(), "before_cursor_execute", note)
    work()
    event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(seen)
