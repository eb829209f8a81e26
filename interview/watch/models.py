"""Rows of the watch room: material and its versions, and what the server found about each candidate's watching."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.db import Base, UtcDateTime
from interview.watch.rules.completion import DEFAULT_NEED_PERMILLE, Film
from interview.watch.rules.material import Kind, VersionState
from interview.watch.rules.ranges import decode

OBSERVED = "A"  # the tier of own files: the server's own clock and coverage


class Material(Base):
    """A film that candidates of a job prepare with; `ready_number` is the version they see."""

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


class Withdrawal(Base):
    """The end of a piece of material: candidates no longer see it, what they watched stays."""

    __tablename__ = "material_withdrawal"

    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"), primary_key=True)
    withdrawn_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MaterialVersion(Base):
    """One uploaded file of a piece of material and what the probe found in it."""

    __tablename__ = "material_version"
    __table_args__ = (UniqueConstraint("material_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("material.id", ondelete="CASCADE"))
    number: Mapped[int]
    file_key: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    container: Mapped[str] = mapped_column(String(8))
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[VersionState] = mapped_column(String(8), default=VersionState.PROBING)
    objection: Mapped[str] = mapped_column(Text, default="")  # why it was refused, as a sentence
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
    tier: Mapped[str] = mapped_column(String(1), default=OBSERVED)
    flags: Mapped[int] = mapped_column(default=0)  # advisory: how often the player's clock ran ahead


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
