"""Rows of the watch room: material and its versions, and what the server found about each candidate's watching."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.people.models import Person
from interview.watch.rules.completion import DEFAULT_NEED_PERMILLE, Film
from interview.watch.rules.material import Accommodation, Kind, Source, Tier, VersionState, Way
from interview.watch.rules.ranges import decode


class Material(Base):
    """What candidates of a job prepare with; `ready_number` is the version they see."""

    __tablename__ = "material"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[Kind] = mapped_column(String(12), default=Kind.OTHER)
    ordinal: Mapped[int]
    required: Mapped[bool] = mapped_column(default=True)
    need_permille: Mapped[int] = mapped_column(default=DEFAULT_NEED_PERMILLE)
    ready_number: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    versions: Mapped[list[MaterialVersion]] = relationship(
        back_populates="material", order_by="MaterialVersion.number", cascade="all, delete-orphan"
    )
    withdrawal: Mapped[Withdrawal | None] = relationship(cascade="all, delete-orphan")

    @property
    def newest(self) -> MaterialVersion:
        """Return the version uploaded last, whatever became of it."""
        return self.versions[-1]

    @property
    def ready(self) -> MaterialVersion | None:
        """Return the version that candidates see, if any."""
        return next((version for version in self.versions if version.number == self.ready_number), None)

    @property
    def counts_from(self) -> int:
        """Return the oldest version whose completion still counts: the last one shown that asked everybody again."""
        ready = self.ready_number or 0
        shown = (one for one in self.versions if one.number <= ready and one.state == VersionState.READY)
        return max((one.number for one in shown if one.asks_again), default=1)


class Withdrawal(Base):
    """The end of a piece of material: candidates no longer see it, what they watched stays."""

    __tablename__ = "material_withdrawal"

    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"), primary_key=True)
    withdrawn_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MaterialVersion(Base):
    """One version of a piece of material: an uploaded film and what the probe found in it, or an address elsewhere."""

    __tablename__ = "material_version"
    __table_args__ = (UniqueConstraint("material_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"))
    number: Mapped[int]
    source: Mapped[Source] = mapped_column(String(8), default=Source.FILE, server_default=Source.FILE)
    address: Mapped[str] = mapped_column(String(1000), default="", server_default="")  # of an embed or a link
    asks_again: Mapped[bool] = mapped_column(default=False, server_default=false())  # earlier completions do not count
    file_key: Mapped[str] = mapped_column(String(120), default="")  # this and the next three: of an uploaded file
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    container: Mapped[str] = mapped_column(String(8), default="")
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[VersionState] = mapped_column(String(8), default=VersionState.PROBING)
    objection: Mapped[str] = mapped_column(Text, default="")  # why it was refused (or could not be cut), as a sentence
    probed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int | None]
    video_codec: Mapped[str | None] = mapped_column(String(20))
    audio_codec: Mapped[str | None] = mapped_column(String(20))
    width: Mapped[int | None]
    height: Mapped[int | None]
    excluded: Mapped[bytes] = mapped_column(LargeBinary, default=b"")  # ranges that do not count (intro, credits)
    material: Mapped[Material] = relationship(back_populates="versions")
    captions: Mapped[Captions | None] = relationship(cascade="all, delete-orphan")

    @property
    def tier(self) -> Tier:
        """Return how strong the evidence of this version is (WATCH 3.2)."""
        return Source(self.source).tier

    @property
    def film(self) -> Film:
        """Return what completion needs to know; only a probed version has it."""
        assert self.duration_ms is not None
        return Film(self.duration_ms, decode(self.excluded), self.material.need_permille)


class Captions(Base):
    """The captions of one version: WebVTT written anew from what was uploaded, times and words alone."""

    __tablename__ = "captions"

    version_id: Mapped[int] = mapped_column(ForeignKey("material_version.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(12), default="en")
    content: Mapped[str] = mapped_column(Text)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Watch(Base):
    """What one candidate has covered of one version: the finding that everything else is computed from."""

    __tablename__ = "watch"

    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"), primary_key=True)
    material_version: Mapped[int] = mapped_column(primary_key=True)
    covered: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    covered_ms: Mapped[int] = mapped_column(default=0)
    resume_ms: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tier: Mapped[Tier] = mapped_column(String(1), default=Tier.OBSERVED)
    flags: Mapped[int] = mapped_column(default=0)  # advisory: how often the player's clock ran ahead
    check_count: Mapped[int] = mapped_column(default=0, server_default="0")  # checkpoints asked of this candidate
    waiting: Mapped[bytes] = mapped_column(LargeBinary, default=b"", server_default="")  # those not confirmed yet
    waived: Mapped[bytes] = mapped_column(
        LargeBinary, default=b"", server_default=""
    )  # those an accommodation took away
    again: Mapped[bytes] = mapped_column(LargeBinary, default=b"", server_default="")  # parts played more than once
    tells_reading: Mapped[bool] = mapped_column(default=False, server_default=false())  # the team may see "read"


class WatchBudget(Base):
    """One candidate's clock, budget, current lease and pace; locking this row serialises the candidate's beats.

    `age_ms` is server time since the first lease; the clock_* columns anchor it to the clock it was last read from.
    """

    __tablename__ = "watch_budget"

    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True)
    clock_epoch: Mapped[str] = mapped_column(String(60))
    clock_ms: Mapped[int] = mapped_column(BigInteger)
    clock_wall_ms: Mapped[int] = mapped_column(BigInteger)
    age_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    budget_ms: Mapped[int]
    lease_id: Mapped[str | None] = mapped_column(String(22))
    lease_count: Mapped[int] = mapped_column(default=0)
    beats_due_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    opens_due_ms: Mapped[int] = mapped_column(BigInteger, default=0)


class Lease(Base):
    """One play session: what it may still hand in, and counters that describe it and decide nothing."""

    __tablename__ = "lease"

    id: Mapped[str] = mapped_column(String(22), primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"))
    material_version: Mapped[int]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_ms: Mapped[int] = mapped_column(BigInteger)  # *_ms here are ages of the candidate's budget
    last_ms: Mapped[int] = mapped_column(BigInteger)
    superseded_ms: Mapped[int | None] = mapped_column(BigInteger)
    late_ms: Mapped[int | None] = mapped_column(BigInteger)
    max_seq: Mapped[int] = mapped_column(default=0)
    seen: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    beat_count: Mapped[int] = mapped_column(default=0)
    credited_ms: Mapped[int] = mapped_column(default=0)
    short_count: Mapped[int] = mapped_column(default=0)
    hidden_count: Mapped[int] = mapped_column(default=0)
    muted_count: Mapped[int] = mapped_column(default=0)
    device: Mapped[str] = mapped_column(String(20), default="")
    way: Mapped[Way] = mapped_column(String(4), default=Way.PLAY, server_default=Way.PLAY)
    paused_count: Mapped[int] = mapped_column(default=0, server_default="0")
    gap_ms: Mapped[int] = mapped_column(default=0, server_default="0")  # between the last two beats
    even_count: Mapped[int] = mapped_column(default=0, server_default="0")  # gaps that equal the one before
    section: Mapped[int | None]  # reading: the section that is open, and the age at which it was opened
    section_ms: Mapped[int | None] = mapped_column(BigInteger)
    owed: Mapped[bytes] = mapped_column(LargeBinary, default=b"", server_default="")  # read, and not yet paid for


class CheckpointIssue(Base):
    """One time a checkpoint was shown: what was asked, of whom, and what was answered. Each is used once.

    The positions still waiting stand in `Watch.waiting`; `at_ms` is the position this one belongs to.
    """

    __tablename__ = "checkpoint_issue"
    __table_args__ = (Index("ix_checkpoint_issue_place", "candidate_id", "material_id", "material_version", "at_ms"),)

    id: Mapped[str] = mapped_column(String(22), primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"))
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"))
    material_version: Mapped[int]
    at_ms: Mapped[int]
    lease_id: Mapped[str] = mapped_column(ForeignKey("lease.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    prompt: Mapped[str] = mapped_column(Text)
    options: Mapped[list[str]] = mapped_column(JSON)  # as shown
    right: Mapped[int]  # index in options; never leaves the server
    question_id: Mapped[int | None]  # a number of the knowledge room, which this room does not know
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_ms: Mapped[int] = mapped_column(BigInteger)  # age of the candidate's budget
    ttl_ms: Mapped[int | None]  # None: no timer
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_ms: Mapped[int | None] = mapped_column(BigInteger)
    is_right: Mapped[bool | None]


class Allowance(Base):
    """An accommodation for one application's checkpoints. Never shown to interviewers."""

    __tablename__ = "watch_allowance"

    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Accommodation] = mapped_column(String(10))
    granted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HandCredit(Base):
    """Material that a person counted as done for one application, and why. What was observed stays as it is."""

    __tablename__ = "watch_hand_credit"

    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    credited_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    credited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    credited_by: Mapped[Person] = relationship()


class LinkVisit(Base):
    """When a candidate first opened a plain link, how often since, and the words they attested it with."""

    __tablename__ = "link_visit"

    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"), primary_key=True)
    material_version: Mapped[int] = mapped_column(primary_key=True)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_ms: Mapped[int] = mapped_column(BigInteger)  # age of the candidate's budget
    open_count: Mapped[int] = mapped_column(default=1)
    attested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attestation: Mapped[str] = mapped_column(Text, default="")


class PlayerTrouble(Base):
    """What a third-party player refused to do for a candidate, until somebody of the team has seen to it."""

    __tablename__ = "player_trouble"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), index=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"), index=True)
    material_version: Mapped[int]
    code: Mapped[str] = mapped_column(String(12))
    found_ms: Mapped[int | None]  # the length the player reports, where it differs from the confirmed one
    count: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StreamFile(Base):
    """One file of an HLS version: a playlist, an initialisation section or a segment with its place in the film."""

    __tablename__ = "stream_file"

    version_id: Mapped[int] = mapped_column(ForeignKey("material_version.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    file_key: Mapped[str] = mapped_column(String(120))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(40))
    start_ms: Mapped[int | None]  # of a segment
    end_ms: Mapped[int | None]


class Delivery(Base):
    """Which parts of an HLS version were sent to a candidate: evidence of delivery, not of watching."""

    __tablename__ = "stream_delivery"

    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("material_version.id", ondelete="CASCADE"), primary_key=True)
    delivered: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
