"""Seeds the demo through the rooms' own services, as if its people had done it all, on a time of its own before `now`.

Wiring: may see every room. What happens is written down as steps with their instants and carried out in order of time,
so that the audit trail reads like the days it tells of.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from interview.access import SYSTEM, Actor, Role
from interview.calibration import service as calibration
from interview.calibration.rules import Passage, SampleText
from interview.calibration.service import Sheet
from interview.debrief import service as debrief
from interview.debrief.rules import Outcome, Verdict
from interview.demo import story
from interview.demo.story import CandidateStory, CardStory, RatingStory
from interview.factsheet import service as factsheet
from interview.factsheet.rules import FactKind, FactText
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview
from interview.hiring.rules import Gate, SeatKind
from interview.knowledge import service as knowledge
from interview.knowledge.rules import CheckSettings, QuestionText
from interview.people import service as people
from interview.people.models import Person
from interview.ports import Doors
from interview.prep import service as prep
from interview.prep.rules import ConsentKind, RequestKind
from interview.recording import service as recording
from interview.recording.rules import CHUNK_MAX_BYTES, Way
from interview.review.rules import Line, captions
from interview.rubric import service as rubric
from interview.scorecard import service as scorecard
from interview.scorecard.rules import Citation, Draft, Rating, Recommendation, WouldBuy
from interview.transcript import service as transcript
from interview.transcript.rules.speakers import Speaker, SpeakerKind
from interview.transcript.service import NamedSegment
from interview.watch import service as watch
from interview.watch.models import CheckpointIssue
from interview.watch.rules.beats import read_beat
from interview.watch.rules.captions import Cue, read_captions
from interview.watch.rules.clocks import Reading
from interview.watch.rules.material import Kind, MaterialText

RUBRICS = Path(__file__).parents[2] / "rubrics"
LINK_DAYS = 3650  # the demo's links work until its data are deleted
FILM_LIMIT_BYTES = 10_000_000
BEAT_MS = 10_000


@dataclass(frozen=True)
class Step:
    """Something that somebody did at an instant."""

    at: datetime
    do: Callable[[datetime], None]


@dataclass
class Seeding:
    """One seeding under way: the session, the doors, and the ids that later steps need."""

    session: Session
    doors: Doors
    now: datetime
    base_url: str
    person_ids: dict[str, int] = field(default_factory=dict)
    sign_in: dict[str, str] = field(default_factory=dict)
    job_id: int = 0
    material_ids: dict[str, int] = field(default_factory=dict)
    application_ids: dict[str, int] = field(default_factory=dict)
    interview_ids: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    leases: dict[str, watch.OpenedLease] = field(default_factory=dict)

    # -- who acts --------------------------------------------------------------------------------------------------

    def member(self, key: str) -> Actor:
        """Return a member of the team as an actor, by the first part of the address."""
        return hiring.actor_of(self.session, self.session.get_one(Person, self.person_ids[key]))

    def one(self, role: Role) -> Actor:
        """Return the first member of the team with a role."""
        return self.member(next(one.key for one in story.team() if one.role == role))

    def candidate(self, email: str) -> Actor:
        """Return a candidate as an actor."""
        application = self.application(email)
        return Actor(
            name=application.candidate.name,
            candidate_id=application.candidate_id,
            application_id=application.id,
            job_id=application.job_id,
            role=Role.CANDIDATE,
        )

    def application(self, email: str) -> Application:
        """Return a candidate's application."""
        return self.session.get_one(Application, self.application_ids[email])

    def interview(self, email: str) -> Interview:
        """Return a candidate's pitch interview."""
        return self.session.get_one(Interview, self.interview_ids[email])

    # -- the team, the job and its material ------------------------------------------------------------------------

    def hire_team(self, at: datetime) -> None:
        """Add the people with sign-in links that work again and again."""
        for one in story.team():
            person = people.add_person(
                self.session, SYSTEM, email=one.email, name=one.name, role=Role(one.role), now=at
            )
            self.person_ids[one.key] = person.id
            self.sign_in[one.key] = people.make_sign_in_link(self.session, SYSTEM, person, now=at, reusable=True)

    def open_job(self, at: datetime) -> None:
        """Create the job with its team, panel and rubric."""
        said, manager = story.job(), self.one(Role.HIRING_MANAGER)
        text = hiring.JobText(
            title=said.title,
            brief=said.brief,
            buyer_persona=said.buyer_persona,
            questions=said.questions,
            contact=said.contact,
            gate=Gate(said.gate),
            pitch_min=said.pitch_min,
            scorecard_due_h=said.scorecard_due_h,
        )
        job = hiring.create_job(self.session, manager, text, now=at)
        self.job_id = job.id
        for one in story.team():
            if one.role in (Role.RECRUITER, Role.INTERVIEWER):
                hiring.join_team(self.session, manager, job, self.person_ids[one.key], Role(one.role), now=at)
        hiring.plan_panel(self.session, manager, hiring.plan_step(self.session, job.id), self.panel(), now=at)
        for path in sorted(RUBRICS.glob("*.yaml")):
            rubric.publish(self.session, manager, data=path.read_bytes(), now=at)
        version = rubric.latest(self.session, said.rubric)
        weights = {one.key: one.weight for one in rubric.rubric_of(version).criteria if one.key in said.attributes}
        rubric.choose(self.session, manager, job_id=job.id, version_id=version.id, weights=weights, now=at)

    def panel(self) -> dict[int, SeatKind]:
        """Return who sits on the panel, and as what."""
        return {self.person_ids[one.key]: SeatKind(one.seat) for one in story.team() if one.seat}

    def bring_films(self, at: datetime) -> None:
        """Upload both films with their captions."""
        manager, job = self.one(Role.HIRING_MANAGER), hiring.job(self.session, self.job_id)
        for film in story.films():
            with film.webm.open("rb") as source:
                stored = watch.keep_film(self.doors.files, source, limit_bytes=FILM_LIMIT_BYTES)
            text = MaterialText(title=film.title, kind=Kind(film.key), required=film.key == "explainer")
            cues = read_captions(film.captions.read_bytes())
            added = watch.add_material(self.session, manager, job, text, stored, cues, now=at)
            self.material_ids[film.key] = added.id

    def probe_films(self, at: datetime) -> None:
        """Look into both films at once instead of waiting for a worker."""
        for material_id in self.material_ids.values():
            version = watch.material(self.session, material_id).newest
            found = self.doors.probe.probe(self.doors.files.local_path(version.file_key), version.container)
            answer = {"objection": "", "found": asdict(found)}
            watch.probe_film(self.session, {"version_id": version.id}, answer, now=at, doors=self.doors)

    def write_bank(self, at: datetime) -> None:
        """Write the question bank and the fact sheet, with the moments in the films, and switch the check on."""
        manager, job, said = self.one(Role.HIRING_MANAGER), hiring.job(self.session, self.job_id), story.job()
        for one in story.questions():
            material_id = self.material_ids[one.moment.film]
            text = QuestionText(one.topic, one.words, one.options, one.right, material_id, one.moment.start_ms)
            knowledge.add_question(self.session, manager, job, text, now=at)
        for fact in story.facts():
            where = self.material_ids[fact.moment.film], fact.moment.start_ms
            factsheet.add_fact(self.session, manager, job, FactText(FactKind(fact.kind), fact.words, *where), now=at)
        settings = CheckSettings(said.check_draw_count, said.check_needed_pct)
        knowledge.set_settings(self.session, manager, job, settings, now=at)

    # -- calibration -----------------------------------------------------------------------------------------------

    def bring_sample(self, at: datetime) -> None:
        """Add the sample pitch with its gold ratings and open it."""
        said, manager, job = story.sample(), self.one(Role.HIRING_MANAGER), hiring.job(self.session, self.job_id)
        text = SampleText(said.title, "\n".join(said.experts))
        sample = calibration.add_sample(self.session, manager, job, text, said.transcript.read_bytes(), now=at)
        self._rate_sample(manager, calibration.gold(self.session, manager, sample.id), said.gold, at)

    def calibrate(self, who: str, at: datetime) -> None:
        """Do a whole round."""
        rater, job = self.member(who), hiring.job(self.session, self.job_id)
        chance = random.Random(who)  # noqa: S311 (the demo is the same every time)
        card = calibration.begin(self.session, rater, job, chance=chance, now=at)
        sheet = calibration.own_card(self.session, rater, card.id)
        self._rate_sample(rater, sheet, story.sample().rounds[who], at)

    def _rate_sample(self, who: Actor, sheet: Sheet, said: Mapping[str, RatingStory], at: datetime) -> None:
        saved = calibration.save(self.session, sheet, Draft(_ratings(said, sheet.passages)), edition=0, now=at)
        calibration.submit(self.session, who, saved, now=at)

    # -- a candidate's way -----------------------------------------------------------------------------------------

    def invite(self, one: CandidateStory, at: datetime) -> None:
        """Put a candidate on the job and make the personal link."""
        recruiter, job = self.one(Role.RECRUITER), hiring.job(self.session, self.job_id)
        application, _ = hiring.add_candidate(self.session, recruiter, job, name=one.name, email=one.email, now=at)
        self.application_ids[one.email] = application.id
        self.links[one.email] = hiring.make_link(self.session, recruiter, application, days=LINK_DAYS, now=at)

    def open_link(self, one: CandidateStory, at: datetime) -> None:
        """Press the button behind the personal link."""
        hiring.start_candidate_session(self.session, self.links[one.email], now=at)

    def consent(self, one: CandidateStory, at: datetime) -> None:
        """Answer the questions about consent."""
        answers = {ConsentKind(kind): agreed for kind, agreed in one.consent.items()}
        prep.answer_consents(self.session, self.candidate(one.email), answers, now=at)

    def ask(self, one: CandidateStory, at: datetime) -> None:
        """Ask the team for something; an answer comes an hour later."""
        assert one.asks is not None
        wish = prep.Wish(RequestKind(one.asks.kind), one.asks.text)
        prep.ask(self.session, self.candidate(one.email), wish, now=at)

    def answer(self, one: CandidateStory, at: datetime) -> None:
        """Answer what a candidate asked for."""
        assert one.asks is not None
        newest = prep.requests_of(self.session, self.application_ids[one.email])[0]
        prep.settle(self.session, self.one(Role.RECRUITER), newest.id, one.asks.reply, now=at)

    def open_film(self, one: CandidateStory, film: str, at: datetime) -> None:
        """Open the player."""
        opened = watch.open_lease(
            self.session,
            self.candidate(one.email),
            self.material_ids[film],
            reading=_reading(at),
            device="computer",
            now=at,
        )
        self.leases[one.email] = opened

    def play_film(self, one: CandidateStory, film: str, _at: datetime) -> None:
        """Play at normal speed since the player was opened, answering what comes; a part of a film has a hole."""
        opened, who = self.leases[one.email], self.candidate(one.email)
        at, mono_ms = opened.opened_at, 0
        for seq, (start_ms, end_ms) in enumerate(_played(opened.film.duration_ms, one.watched_pct[film]), 1):
            mono_ms += end_ms - start_ms
            at += timedelta(milliseconds=end_ms - start_ms)
            state = "ended" if end_ms == opened.film.duration_ms else "playing"
            segment = [start_ms, end_ms, 100, mono_ms - (end_ms - start_ms), mono_ms]
            beat = {"v": 1, "seq": seq, "segs": [segment], "pos": end_ms, "state": state, "mono": mono_ms}
            told = watch.receive_beat(
                self.session.connection(), who, opened.lease_id, read_beat(beat), reading=_reading(at), now=at
            )
            self.session.expire_all()
            assert isinstance(told, watch.BeatAnswer)
            if told.checkpoint is not None:
                at += timedelta(seconds=6)
                self.answer_checkpoint(one, opened.lease_id, told.checkpoint["id"], at)

    def answer_checkpoint(self, one: CandidateStory, lease_id: str, issue_id: str, at: datetime) -> None:
        """Give the right answer at a checkpoint."""
        right = self.session.get_one(CheckpointIssue, issue_id).right
        who = self.candidate(one.email)
        watch.answer_checkpoint(self.session, who, lease_id, issue_id, right, reading=_reading(at), now=at)
        self.session.flush()  # the next beat goes around the session, which then forgets what it holds

    def begin_check(self, one: CandidateStory, at: datetime) -> None:
        """Begin an attempt at the knowledge check."""
        chance = random.Random(one.email)  # noqa: S311 (the demo is the same every time)
        knowledge.start(self.session, self.candidate(one.email), self.application(one.email), chance=chance, now=at)

    def finish_check(self, one: CandidateStory, how: str, at: datetime) -> None:
        """Answer and submit the open attempt: all of it right, or only the first half."""
        overview = knowledge.overview(self.session, self.application(one.email), now=at)
        attempt = overview.attempts[-1]
        answers = {}
        for number, asked in enumerate(attempt.asked):
            right = asked.order.index(asked.version.right)
            is_known = how == "all" or number < len(attempt.asked) // 2
            answers[asked.ordinal] = right if is_known else (right + 1) % len(asked.order)
        knowledge.submit(self.session, self.candidate(one.email), attempt, answers, now=at)

    def schedule(self, one: CandidateStory, starts_at: datetime, at: datetime) -> None:
        """Invite to the pitch interview."""
        said = story.job()
        slot = hiring.Slot(starts_at, said.pitch_min, said.place, self.panel())
        interview = hiring.schedule(self.session, self.one(Role.RECRUITER), self.application(one.email), slot, now=at)
        self.interview_ids[one.email] = interview.id

    def send_pitch(self, one: CandidateStory, at: datetime) -> None:
        """Record a pitch, as far as the server sees it, and hand it in; prepared at once instead of by a worker."""
        assert one.recorded is not None
        who, application, files = self.candidate(one.email), self.application(one.email), self.doors.files
        content = one.recorded.webm.read_bytes()
        pitch = recording.begin_pitch(self.session, application, now=at)
        part = recording.begin_part(
            self.session,
            who,
            pitch,
            recording.NewPart(f"demo-{one.recorded.key}", Way.RECORDED),
            files=files,
            limit_bytes=FILM_LIMIT_BYTES,
            takes_max=1,
            now=at,
        )
        for offset in range(0, len(content), CHUNK_MAX_BYTES):
            chunk = content[offset : offset + CHUNK_MAX_BYTES]
            recording.append(part, chunk, offset_bytes=offset, files=files, limit_bytes=FILM_LIMIT_BYTES)
        sha256 = hashlib.sha256(content).hexdigest()
        stored = recording.arrived(part, sha256=sha256, size_bytes=len(content), files=files, now=at)
        recording.finish_part(self.session, part.id, stored, length_ms=60_000, now=at)
        recording.hand_in_recorded(self.session, who, application, Way.RECORDED, {}, now=at)
        made = recording.recording_state(self.session, pitch)
        assert made is not None
        answer = recording.join_parts([part.file_key], None, doors=self.doors)
        recording.join_recording(self.session, {"recording_id": made.id}, answer, now=at, doors=self.doors)
        assert pitch.interview_id is not None
        self.interview_ids[one.email] = pitch.interview_id

    def bring_transcript(self, one: CandidateStory, at: datetime) -> None:
        """Upload the transcript: of a recorded pitch, its captions with the speaker's name."""
        if one.recorded is not None:
            lines = [Line(cue.start_ms, cue.end_ms, one.name, cue.text) for cue in _cues(one.recorded.captions)]
            name, content = f"{one.recorded.key}.vtt", captions(lines).encode()
        else:
            assert one.transcript is not None
            name, content = one.transcript.name, one.transcript.read_bytes()
        received = transcript.receive(name, content, files=self.doors.files)
        transcript.add(self.session, self.one(Role.HIRING_MANAGER), self.interview(one.email), received, now=at)

    def name_speakers(self, one: CandidateStory, at: datetime) -> None:
        """Say who in the transcript is who."""
        interview = self.interview(one.email)
        added = transcript.transcript_of(self.session, interview.id)
        assert added is not None
        panel = {person.name: self.person_ids[person.key] for person in story.team() if person.seat}
        speakers = {
            label.label: Speaker(SpeakerKind.PANEL, panel[label.label])
            if label.label in panel
            else Speaker(SpeakerKind.CANDIDATE)
            for label in transcript.labels(self.session, added)
        }
        transcript.map_speakers(
            self.session,
            self.one(Role.HIRING_MANAGER),
            interview,
            number=added.number,
            speakers=speakers,
            now=at,
        )

    def write_card(self, one: CandidateStory, who: str, at: datetime) -> None:
        """Fill in one scorecard."""
        interview = self.interview(one.email)
        draft = self._draft(one.cards[who], interview.id)
        scorecard.save(self.session, self.member(who), interview, draft, edition=0, now=at)

    def submit_card(self, one: CandidateStory, who: str, at: datetime) -> None:
        """Submit one scorecard."""
        scorecard.submit(self.session, self.member(who), self.interview(one.email), now=at)

    def decide(self, one: CandidateStory, at: datetime) -> None:
        """Decide with a reason."""
        assert one.decision is not None
        manager, application_id = self.one(Role.HIRING_MANAGER), self.application_ids[one.email]
        verdict = Verdict(Outcome(one.decision.outcome), one.decision.reason)
        debrief.decide(self.session, manager, application_id, verdict, based_on=0, now=at)

    def release(self, one: CandidateStory, at: datetime) -> None:
        """Write the feedback and let the candidate read it."""
        assert one.decision is not None
        manager, application_id = self.one(Role.HIRING_MANAGER), self.application_ids[one.email]
        debrief.release_feedback(self.session, manager, application_id, one.decision.feedback, edition=0, now=at)

    def _draft(self, card: CardStory, interview_id: int) -> Draft:
        ratings = _ratings(card.ratings, transcript.segments_of(self.session, interview_id))
        return Draft(
            ratings,
            WouldBuy(card.would_buy) if card.would_buy else None,
            Recommendation(card.recommendation) if card.recommendation else None,
            card.takeaways,
        )

    # -- all of it, in order of time -------------------------------------------------------------------------------

    def steps(self) -> list[Step]:
        """Return everything that happened, earliest first."""
        candidates = story.candidates()
        begun = self.now - max(one.invited_ago for one in candidates)
        steps = [
            Step(begun - timedelta(days=2), self.hire_team),
            Step(begun - timedelta(days=1, hours=4), self.open_job),
            Step(begun - timedelta(days=1, hours=3), self.bring_films),
            Step(begun - timedelta(days=1, hours=2), self.probe_films),
            Step(begun - timedelta(days=1, hours=1), self.write_bank),
            Step(begun - timedelta(hours=23), self.bring_sample),
        ]
        steps += [
            Step(begun - timedelta(hours=20 - number), partial(self.calibrate, who))
            for number, who in enumerate(story.sample().rounds)
        ]
        for one in candidates:
            steps += self._way_of(one)
        return sorted(steps, key=lambda step: step.at)

    def _way_of(self, one: CandidateStory) -> list[Step]:
        steps = [Step(self.now - one.invited_ago, partial(self.invite, one))]
        if one.opened_ago is None:
            return steps
        at = max(self.now - one.opened_ago, self.now - one.invited_ago + timedelta(minutes=40))
        steps += [Step(at, partial(self.open_link, one)), Step(at + timedelta(minutes=2), partial(self.consent, one))]
        if one.asks is not None:
            steps.append(Step(self.now - one.asks.ago, partial(self.ask, one)))
            if one.asks.reply:
                steps.append(Step(self.now - one.asks.ago + timedelta(hours=1), partial(self.answer, one)))
        for film in one.watched_pct:
            at += timedelta(minutes=9)
            steps.append(Step(at, partial(self.open_film, one, film)))
            steps.append(Step(at + timedelta(minutes=6), partial(self.play_film, one, film)))
        for how in one.check:
            at += timedelta(minutes=13)
            steps.append(Step(at, partial(self.begin_check, one)))
            steps.append(Step(at + timedelta(minutes=5), partial(self.finish_check, one, how)))
        if one.pitch_in is not None:
            steps += self._pitch_of(one, one.pitch_in, at + timedelta(hours=3))
        return steps

    def _pitch_of(self, one: CandidateStory, pitch_in: timedelta, scheduled_at: datetime) -> list[Step]:
        starts_at = (self.now + pitch_in).replace(minute=0, second=0, microsecond=0)
        ends_at = starts_at + timedelta(minutes=story.job().pitch_min)
        if one.recorded is not None:
            ends_at = self.now + pitch_in
            steps = [Step(ends_at, partial(self.send_pitch, one))]
        else:
            steps = [Step(scheduled_at, partial(self.schedule, one, starts_at))]
        if one.transcript is not None or one.recorded is not None:
            steps.append(Step(ends_at + timedelta(minutes=35), partial(self.bring_transcript, one)))
            steps.append(Step(ends_at + timedelta(minutes=38), partial(self.name_speakers, one)))
        for number, (who, card) in enumerate(one.cards.items()):
            begun_at = ends_at + timedelta(hours=1 + 2 * number, minutes=7 * number)
            steps.append(Step(begun_at, partial(self.write_card, one, who)))
            if not card.is_draft:
                steps.append(Step(begun_at + timedelta(minutes=11), partial(self.submit_card, one, who)))
        if one.decision is not None:
            decided_at = ends_at + timedelta(days=1, hours=2)
            steps.append(Step(decided_at, partial(self.decide, one)))
            steps.append(Step(decided_at + timedelta(minutes=30), partial(self.release, one)))
        return steps

    def index(self) -> dict[str, Any]:
        """Return what DATA_DIR/demo.json says (INTERFACES)."""
        materials = {one.id: one for one in watch.material_of_job(self.session, self.job_id)}
        return {
            "base_url": self.base_url,
            "people": [
                {
                    "role": one.role,
                    "name": one.name,
                    "email": one.email,
                    "sign_in_url": f"{self.base_url}/sign-in/{self.sign_in[one.key]}",
                }
                for one in story.team()
            ],
            "candidates": [
                {
                    "name": one.name,
                    "application_id": self.application_ids[one.email],
                    "state": self.application(one.email).stage,
                    "link": f"{self.base_url}/c/{self.links[one.email]}",
                }
                for one in story.candidates()
            ],
            "job_id": self.job_id,
            "materials": [
                {
                    "id": material_id,
                    "title": materials[material_id].title,
                    "kind": materials[material_id].kind,
                    "duration_ms": materials[material_id].newest.duration_ms,
                }
                for material_id in self.material_ids.values()
            ],
        }


def seed(session: Session, *, doors: Doors, base_url: str, now: datetime) -> dict[str, Any]:
    """Seed the demo in the caller's transaction and return what demo.json says. The database must be empty."""
    seeding = Seeding(session, doors, now, base_url)
    for step in seeding.steps():
        step.do(step.at)
        session.flush()
    return seeding.index()


def write_index(path: Path, index: dict[str, Any]) -> None:
    """Write demo.json, readable by its owner alone, in one move."""
    half = path.with_suffix(".part")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(index, file, indent=2, ensure_ascii=False)
    half.replace(path)


def rebase_index(path: Path, base_url: str) -> None:
    """Let the links of an existing demo.json begin with the address the server has now."""
    if not path.exists():
        return
    text = path.read_text("utf-8")
    before = json.loads(text)["base_url"]
    if before != base_url:
        write_index(path, json.loads(text.replace(f'"{before}', f'"{base_url}')))


def _ratings(
    said: Mapping[str, RatingStory], passages: Sequence[NamedSegment] | Sequence[Passage]
) -> dict[str, Rating]:
    def cited(piece: str) -> Citation:
        found = next(one for one in passages if piece in one.text)
        return Citation(found.text, found.id, found.start_ms)

    return {
        key: Rating(one.value, one.not_observed, one.note, tuple(cited(piece) for piece in one.cite))
        for key, one in said.items()
    }


def _cues(path: Path) -> tuple[Cue, ...]:
    return read_captions(path.read_bytes())


def _reading(at: datetime) -> Reading:
    """Return the clock of the demo's own time: steady and wall move together."""
    ms = round(at.timestamp() * 1000)
    return Reading("demo", ms, ms)


def _played(duration_ms: int, pct: int) -> Iterator[tuple[int, int]]:
    """Give what a player reports of a film, ten seconds each time: all of it, or two parts with a hole between."""
    parts = [(0, duration_ms)]
    if pct < 100:
        played_ms, hole_ms = duration_ms * pct // 100, duration_ms // 8
        first_ms = played_ms * 2 // 3
        parts = [(0, first_ms), (first_ms + hole_ms, hole_ms + played_ms)]
    for start_ms, end_ms in parts:
        for at_ms in range(start_ms, end_ms, BEAT_MS):
            yield at_ms, min(at_ms + BEAT_MS, end_ms)
