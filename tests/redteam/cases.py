"""What a case is: a number of WATCH 4, a strategy, what is expected, and the function that tries it.

After every attack the same is asked: was more credited than time allows, were others touched, did the pitch open?
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from interview.hiring.models import Application
from tests.redteam.clock import StageClock
from tests.redteam.player import Player, Visitor
from tests.redteam.stage import RATE, START_MS, Stage

MINUTE_MS = 60_000
FILM_MS = 600_000  # WATCH 4: D
NOT_YET = "[not yet: "


class Kind(StrEnum):
    """Which of the two tables of WATCH 4 a case stands in."""

    ATTACK = "attack"
    HONEST = "honest"


class NotYet(Exception):
    """The product cannot decide this yet; the message says what is missing."""


@dataclass(frozen=True)
class Spec:
    """A case before it is tried."""

    kind: Kind
    number: int
    title: str
    expected: str
    run: Callable[[Case], str]
    in_browser: bool = False

    @property
    def name(self) -> str:
        """Return the name that tests and reports use."""
        return f"{self.kind}-{self.number}{'-browser' if self.in_browser else ''}"


CASES: list[Spec] = []


def attack(number: int, title: str, expected: str, *, in_browser: bool = False) -> Callable[..., Any]:
    """Register a strategy that must not earn anything; its function returns what happened."""
    return _registering(Kind.ATTACK, number, title, expected, in_browser)


def honest(number: int, title: str, expected: str = "done", *, in_browser: bool = False) -> Callable[..., Any]:
    """Register an awkward behaviour that must be credited fully; its function returns what happened."""
    return _registering(Kind.HONEST, number, title, expected, in_browser)


def _registering(kind: Kind, number: int, title: str, expected: str, in_browser: bool) -> Callable[..., Any]:
    def register(run: Callable[[Case], str]) -> Callable[[Case], str]:
        CASES.append(Spec(kind, number, title, expected, run, in_browser))
        return run

    return register


@dataclass
class Candidate:
    """One candidate of a case."""

    application: Application
    link: str
    visitor: Visitor
    first_lease_ms: int | None = None
    granted_before_ms: int = 0

    @property
    def id(self) -> int:
        """Return the candidate's number."""
        return self.application.candidate_id


@dataclass
class Case:
    """One case being tried: its own job, film and candidates on the stage, and what is found about it."""

    stage: Stage
    spec: Spec
    job_id: int = 0
    film_id: int = 0
    candidates: list[Candidate] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    others_before: list[str] = field(default_factory=list)
    player_of: dict[int, Player] = field(default_factory=dict)
    may_finish: bool = False  # an attacker who did everything that is asked may pitch

    # -- setting up ------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> StageClock:
        """Return the stage's clock."""
        return self.stage.clock

    def film(self, **options: Any) -> int:
        """Return the case's film of ten minutes, made the first time; options make another one."""
        if not self.job_id:
            self.job_id = self.stage.job()
        if options or not self.film_id:
            made = self.stage.add_film(self.job_id, **options)
            self.film_id = self.film_id or made
            return made
        return self.film_id

    def candidate(self, name: str = "Cleo", *, visitor: Visitor | None = None) -> Candidate:
        """Add a candidate to the case's job, signed in."""
        self.film()
        application, link = self.stage.add_candidate(self.job_id, name)
        added = Candidate(application, link, visitor or self.stage.visitor())
        if visitor is None:
            added.visitor.open_link(link)
        self.candidates.append(added)
        return added

    def player(self, candidate: Candidate | None = None, *, visitor: Visitor | None = None, **film: Any) -> Player:
        """Return a candidate's player on the case's film, without a lease."""
        material_id = self.film(**film)
        one = candidate or (self.candidates[0] if self.candidates else self.candidate())
        player = Player(visitor or one.visitor, self.clock, material_id)
        player.knows = lambda check: next((o for o in check["options"] if str(o).endswith("yes")), check["options"][0])

        def note() -> None:
            if one.first_lease_ms is None:
                one.first_lease_ms, one.granted_before_ms = self.clock.true_ms(), self.clock.granted_ms

        player.on_open = note
        return player

    def opened(self, **film: Any) -> Player:
        """Return the first candidate's player with an open lease, and remember what is stored of everybody else."""
        player = self.player(**film).open()
        self.remember_others()
        return player

    def device(self, candidate: Candidate) -> Visitor:
        """Return another device on which the candidate opens the personal link."""
        visitor = self.stage.visitor()
        visitor.open_link(candidate.link)
        return visitor

    def team_record(self, candidate: Candidate) -> str:
        """Return the page on which the team reads about a candidate's preparation."""
        mara = self.stage.team(self.stage.manager_id)
        return mara.get(f"/applications/{candidate.application.id}/prep").text

    def remember_others(self) -> None:
        """Remember what is stored about everybody who is not in this case."""
        self.others_before = self.stage.rows_of_others({one.id for one in self.candidates})

    # -- judging ---------------------------------------------------------------------------------------------------

    def check(self, holds: object, sentence: str) -> None:
        """Note a failure unless this holds."""
        if not holds:
            self.failures.append(sentence)

    def lacks(self, what: str) -> None:
        """Remark that a part of what is expected cannot be decided yet."""
        self.remarks.append(what)

    def needs_checks(self, player: Player) -> None:
        """Stop here while the server knows no checkpoints."""
        if not player.has_checks:
            raise NotYet("checkpoints: the lease answers no `checks`")

    def covered_ms(self, candidate: Candidate) -> int:
        """Return what a candidate was credited over all films and versions."""
        found = self.stage.covered(candidate.id)
        return sum(end - start for ranges in found.values() for start, end in ranges)

    def allowed_ms(self, candidate: Candidate) -> int:
        """Return what the server's time since the first lease allows at most."""
        if candidate.first_lease_ms is None:
            return 0
        granted_ms = self.clock.granted_ms - candidate.granted_before_ms
        return START_MS + RATE * (self.clock.true_ms() - candidate.first_lease_ms + granted_ms + self.stage.slack_ms)

    def settle(self) -> None:
        """Ask what is asked after every case."""
        for one in self.candidates:
            covered_ms, allowed_ms = self.covered_ms(one), self.allowed_ms(one)
            self.check(covered_ms <= allowed_ms, f"{covered_ms} ms credited where {allowed_ms} ms are possible")
        if self.spec.kind is Kind.ATTACK:
            others = self.stage.rows_of_others({one.id for one in self.candidates})
            changed = set(self.others_before) ^ set(others) if self.others_before else set()
            self.check(not changed, f"rows of others changed: {sorted(changed)[:2]}")
            for one in self.candidates:
                if one.visitor.get("/pitch").status == 302:  # the session ended meanwhile
                    one.visitor.open_link(one.link)
                status = one.visitor.get("/pitch").status
                self.check(status == 403 or (self.may_finish and status == 200), f"/pitch answered {status}")

    def must_be_done(self, player: Player, answer: dict[str, Any] | None = None) -> None:
        """Require that the film counts as done for its player, on the checklist, and that the pitch is open."""
        if answer is not None:
            self.check(
                answer.get("done"), f"the last answer says {answer.get('pct')} %, missing {answer.get('missing')}"
            )
            self.check(answer.get("pct") == 100, f"pct is {answer.get('pct')}")
        item = player.item()
        self.check(item.get("state") == "done", f"the checklist says {item.get('state')}, {item.get('pct')} %")
        status = player.pitch().status
        self.check(status == 200, f"/pitch answered {status}")


@dataclass(frozen=True)
class Row:
    """What became of a case."""

    spec: Spec
    verdict: str  # held, done, UNEARNED, NOT DONE, not yet
    happened: str
    seconds: float
    credited_ms: int = 0
    allowed_ms: int = 0

    @property
    def is_bad(self) -> bool:
        """Say whether something was earned that should not be, or not completed that should be."""
        return self.verdict in ("UNEARNED", "NOT DONE")

    @property
    def is_decided(self) -> bool:
        """Say whether the product could decide it."""
        return self.verdict != "not yet" and NOT_YET not in self.happened


def try_case(stage: Stage, spec: Spec) -> Row:
    """Try one case and judge it; whatever breaks on the way counts against the product."""
    case, begun = Case(stage, spec), time.monotonic()
    good, bad = ("held", "UNEARNED") if spec.kind is Kind.ATTACK else ("done", "NOT DONE")
    try:
        happened = spec.run(case)
    except NotYet as missing:
        return Row(spec, "not yet", str(missing), time.monotonic() - begun)
    except Exception as problem:
        happened = f"{type(problem).__name__}: {problem}"
        case.failures.append(happened)
    case.settle()
    remark = "".join(f" {NOT_YET}{one}]" for one in case.remarks)
    most = max(case.candidates, key=case.covered_ms, default=None)
    return Row(
        spec,
        bad if case.failures else good,
        ("; ".join(case.failures) if case.failures else happened) + remark,
        time.monotonic() - begun,
        case.covered_ms(most) if most else 0,
        case.allowed_ms(most) if most else 0,
    )
