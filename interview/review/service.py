"""Use cases of the review: what stands beside the recording, marks under the seal, captions, clips.

Knows no web and no clock; never commits. Of others only what `scorecard.submitted_ratings` lets read is read here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from interview import audit
from interview.access import SYSTEM, Actor
from interview.errors import Conflict, Invalid, NotFound
from interview.hiring.models import Interview, Seat
from interview.kit import service as kit
from interview.ports import FileStore
from interview.recording import service as recording
from interview.recording.service import Playable
from interview.review.models import Clip
from interview.review.rules import (
    CLIPS_MAX,
    Line,
    Mark,
    MarkKind,
    captions,
    clip_problems,
    in_order,
    may_see_clip,
)
from interview.rubric import service as rubric
from interview.scorecard import service as scorecard
from interview.scorecard.rules import Draft
from interview.transcript import service as transcript
from interview.transcript.rules.segments import TranscriptRefused
from interview.transcript.service import NamedSegment


@dataclass(frozen=True)
class Review:
    """What somebody reviews an interview with: recording, words, marks and clips, as far as the seal lets them."""

    playable: Playable | None
    typed: str
    segments: Sequence[NamedSegment]
    marks: tuple[Mark, ...]
    clips: Sequence[Clip]
    owes_a_card: bool

    @property
    def has_times(self) -> bool:
        """Say whether any line can be jumped to."""
        return any(segment.start_ms is not None for segment in self.segments)


def review(session: Session, actor: Actor, interview: Interview) -> Review:
    """Return what this actor reviews an interview with."""
    found = recording.playable(session, interview.id)
    clips = clips_of(session, actor, [interview.id])
    marks = [*_notes(session, actor, interview), *_evidence(session, actor, interview), *_of_clips(actor, clips)]
    return Review(
        playable=found,
        typed=recording.typed_of(session, interview.id),
        segments=transcript.segments_of(session, interview.id),
        marks=in_order(marks, found.duration_ms) if found else (),
        clips=clips,
        owes_a_card=scorecard.owes_a_card(session, actor, interview.application_id),
    )


def captions_of(session: Session, interview_id: int) -> str:
    """Return the transcript in use as captions. Raises NotFound without one line that has a time."""
    segments = transcript.segments_of(session, interview_id)
    lines = [Line(one.start_ms, one.end_ms, one.speaker_name, one.text) for one in segments]
    if not any(line.start_ms is not None for line in lines):
        raise NotFound("There are no captions, because the transcript has no times.")
    return captions(lines)


def _notes(session: Session, actor: Actor, interview: Interview) -> Iterator[Mark]:
    for own in kit.offers(session, actor, interview.id):
        if own.moment_ms is not None:
            yield Mark(MarkKind.NOTE, own.moment_ms, own.words)
    for sheet in kit.kept_of(session, actor, interview.application_id).sheets:
        if sheet.interview_id == interview.id and sheet.person_id != actor.person_id:
            for kept in sheet.notes:
                if kept.moment_ms is not None:
                    yield Mark(MarkKind.NOTE, kept.moment_ms, kept.text, sheet.person_name)


def _evidence(session: Session, actor: Actor, interview: Interview) -> Iterator[Mark]:
    chosen = rubric.chosen(session, interview.application.job_id)
    names = {one.key: one.name for one in chosen.attributes} if chosen else {}
    cards = scorecard.readable_scorecards(session, actor, interview_id=interview.id)
    for card in cards:  # one's own as well, submitted or not
        who = "" if card.person_id == actor.person_id else card.person_name
        yield from _cited(card.draft, names, who)


def _cited(draft: Draft, names: dict[str, str], who: str) -> Iterator[Mark]:
    for key, rating in draft.ratings.items():
        for cited in rating.citations:
            if cited.start_ms is not None:
                words = f"{names.get(key, key)}: “{cited.quote}”" if cited.quote else names.get(key, key)
                yield Mark(MarkKind.EVIDENCE, cited.start_ms, words, who)


def _of_clips(actor: Actor, clips: Sequence[Clip]) -> Iterator[Mark]:
    for clip in clips:
        who = "" if clip.person_id == actor.person_id else clip.person.name
        yield Mark(MarkKind.CLIP, clip.start_ms, clip.title, who)


# -- clips -------------------------------------------------------------------------------------------------------------


def clips_of(session: Session, actor: Actor, interview_ids: Sequence[int]) -> list[Clip]:
    """Return the clips of some interviews that the actor may see, by interview and beginning."""
    rows = session.scalars(
        select(Clip)
        .where(Clip.interview_id.in_(interview_ids))
        .options(joinedload(Clip.person))
        .order_by(Clip.interview_id, Clip.start_ms, Clip.id)
    ).all()
    if not rows:
        return []
    interviews = {
        one.id: one.application_id
        for one in session.scalars(select(Interview).where(Interview.id.in_({row.interview_id for row in rows})))
    }
    applications = set(interviews.values())
    owed = scorecard.owed_among(session, actor, applications)
    cards = scorecard.submitted_ratings(session, actor, application_ids=applications)
    readable = {(interviews.get(card.interview_id), card.person_id) for card in cards}
    raters = _raters(session, applications)
    return [
        row
        for row in rows
        if may_see_clip(
            is_own=row.person_id == actor.person_id,
            reader_owes=interviews[row.interview_id] in owed,
            maker_is_readable=(interviews[row.interview_id], row.person_id) in readable,
            maker_rates=(interviews[row.interview_id], row.person_id) in raters,
        )
    ]


def _raters(session: Session, application_ids: set[int]) -> set[tuple[int, int]]:
    """Return (application, person) of everybody who sits on a panel."""
    rows = session.execute(
        select(Interview.application_id, Seat.person_id)
        .join(Seat, Seat.interview_id == Interview.id)
        .where(Interview.application_id.in_(application_ids))
    )
    return {(application_id, person_id) for application_id, person_id in rows}


def make_clip(
    session: Session,
    actor: Actor,
    interview: Interview,
    *,
    start_ms: int | None,
    end_ms: int | None,
    title: str,
    now: datetime,
) -> Clip:
    """Make a clip, one's own until the seal opens it. Raises NotFound without a recording, Invalid, Conflict."""
    found = recording.playable(session, interview.id)
    if found is None:
        raise NotFound("There is no recording to make a clip of.")
    end_ms = None if end_ms is None else min(end_ms, found.duration_ms)
    problems = clip_problems(start_ms, end_ms, title, found.duration_ms)
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    mine = select(func.count()).where(Clip.interview_id == interview.id, Clip.person_id == actor.person_id)
    if (session.scalar(mine) or 0) >= CLIPS_MAX:
        raise Conflict(f"You have made {CLIPS_MAX} clips of this recording. Remove one first.")
    assert start_ms is not None
    assert end_ms is not None
    assert actor.person_id is not None
    clip = Clip(
        interview_id=interview.id,
        person_id=actor.person_id,
        start_ms=start_ms,
        end_ms=end_ms,
        title=title,
        made_at=now,
    )
    session.add(clip)
    session.flush()
    audit.record(session, actor, "review:clip-made", "interview", interview.id, {"clip": clip.id}, now=now)
    return clip


def remove_clip(session: Session, actor: Actor, interview: Interview, clip_id: int, *, now: datetime) -> None:
    """Remove one's own clip. Raises NotFound for any other."""
    clip = session.get(Clip, clip_id)
    if clip is None or clip.interview_id != interview.id or clip.person_id != actor.person_id:
        raise NotFound("There is no such clip of yours.")
    session.delete(clip)
    session.flush()
    audit.record(session, actor, "review:clip-removed", "interview", interview.id, {"clip": clip_id}, now=now)


# -- a written pitch is cited like a spoken one ------------------------------------------------------------------------


@recording.on_written
def _as_transcript(session: Session, interview: Interview, text: str, files: FileStore, now: datetime) -> None:
    """Make a written pitch the interview's transcript, a passage for each paragraph; it stays readable without."""
    try:
        received = transcript.receive("written pitch.txt", text.encode(), files=files)
    except TranscriptRefused:
        return
    transcript.add(session, SYSTEM, interview, received, now=now)
