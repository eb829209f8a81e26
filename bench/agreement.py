"""Statistics of ratings: a large table, peers at a size they can do, and how often intervals hold the truth.

The coverage is of designs as in SCORING 3.9: candidates drawn anew in each replication, rated by raters who differ.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.peers.environment import NotMeasured, environment, run_tool
from interview.agreement.rules.alpha import alpha, coincidences, counted
from interview.agreement.rules.analysis import Scored, analyse
from interview.agreement.rules.crossed import Crossed
from interview.agreement.rules.icc import icc
from interview.agreement.rules.linking import islands

LIMIT_S = 2.0
CANDIDATES, RATERS, CRITERIA = 2000, 4, 8
PEER_CANDIDATES = 100  # statsmodels' crossed model builds full matrices: 800 take it 24 s
PEERS = Path(__file__).parent / "peers" / "raters.py"
PACKAGES = ["krippendorff==0.9.0", "pingouin==0.7.0", "statsmodels==0.15.0"]
ROUNDS = 3
SDS = (0.8, 0.3, 0.63)  # of candidates, raters and the rest: a single rating has a reliability of .57
REPLICATIONS = 150


@dataclass(frozen=True)
class Design:
    """So many candidates, each rated by `each` of `raters` raters."""

    candidates: int
    raters: int
    each: int

    @property
    def name(self) -> str:
        """The design in words."""
        return f"{self.candidates} candidates, {self.each} of {self.raters} raters"


DESIGNS = (Design(5, 2, 2), Design(8, 3, 3), Design(12, 6, 2), Design(12, 6, 3), Design(30, 8, 3))


@dataclass(frozen=True)
class Coverage:
    """The share of 95 % intervals that held the truth, its standard error over replications, and their mean width."""

    design: str
    replications: int
    share: float
    se: float
    width: float


@dataclass(frozen=True)
class Timed:
    """How long the median of some rounds took, in seconds."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Beside:
    """Ours beside a peer on the same table: both times, and by how much the findings differ at most."""

    ours: Timed
    peer: Timed
    largest_difference: float


@dataclass(frozen=True)
class AgreementResult:
    """The large table, ours and the peers' at the smaller size, and the coverage of each design."""

    large: Timed
    small: list[Beside]
    peers_why_not: str
    coverage: list[Coverage]

    def as_json(self) -> dict[str, object]:
        """Return it for results.json."""
        return {
            "limit_s": LIMIT_S,
            "large": asdict(self.large),
            "small": [asdict(one) for one in self.small],
            "peers_why_not": self.peers_why_not,
            "coverage": [asdict(one) for one in self.coverage],
        }


def ratings(candidates: int, raters: int = RATERS, criteria: int = CRITERIA) -> list[Scored]:
    """Make whole ratings from 1 to 5 with halo, as a panel gives them."""
    chance = np.random.default_rng(1979)
    raw = 3 + chance.normal(0, 0.8, (candidates, 1, 1)) + chance.normal(0, 0.3, (1, raters, 1))
    raw = raw + chance.normal(0, 0.35, (candidates, raters, 1)) + chance.normal(0, 0.6, (candidates, raters, criteria))
    points = np.clip(np.round(raw), 1, 5)
    return [Scored(f"c{c}", f"r{r}", f"k{k}", float(points[c, r, k])) for c, r, k in np.ndindex(points.shape)]


def cover(design: Design, replications: int, seed: int = 1) -> Coverage:
    """Draw panels of a design again and again; count whose interval holds the candidate's true value."""
    chance = np.random.default_rng(seed)
    shares, widths = [], []
    while len(shares) < replications:
        table, truth = _drawn(design, chance)
        low, high = Crossed(table).posterior().interval(0.95)
        shares.append(float(((low <= truth) & (truth <= high)).mean()))
        widths.append(float((high - low).mean()))
    se = statistics.stdev(shares) / len(shares) ** 0.5
    return Coverage(design.name, replications, statistics.mean(shares), se, statistics.mean(widths))


def _drawn(design: Design, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    of_candidates, of_raters, rest = SDS
    truth = 3 + chance.normal(0, of_candidates, design.candidates)
    shape = (design.candidates, design.raters)
    table = truth[:, None] + chance.normal(0, of_raters, design.raters) + chance.normal(0, rest, shape)
    table[~_panel(design, chance)] = np.nan
    return table[:, (~np.isnan(table)).any(axis=0)], truth


def _panel(design: Design, chance: np.random.Generator) -> np.ndarray:
    """Say who rates whom, by lot, until everybody is connected."""
    while True:
        everybody = np.tile(np.arange(design.raters) < design.each, (design.candidates, 1))
        seen = chance.permuted(everybody, axis=1)
        if len(islands((str(one), str(other)) for one, other in np.argwhere(seen))) == 1:
            return seen


def measure(*, peers: bool = True) -> AgreementResult:
    """Time the large table, the peers beside ours, and simulate the coverage."""
    large = ratings(CANDIDATES)
    small, why_not = list[Beside](), "" if peers else "BENCH_PEERS is 0"
    if peers:
        try:
            small = _beside_peers()
        except NotMeasured as reason:
            why_not = str(reason)
    return AgreementResult(
        large=_timed(f"{CANDIDATES:,} x {RATERS} x {CRITERIA} analysed", lambda: analyse(large)),
        small=small,
        peers_why_not=why_not,
        coverage=[cover(design, REPLICATIONS) for design in DESIGNS],
    )


def _beside_peers() -> list[Beside]:
    scored = ratings(PEER_CANDIDATES, criteria=1)
    table = np.array([one.value for one in scored]).reshape(PEER_CANDIDATES, RATERS)
    python = environment("raters", PACKAGES)
    theirs = json.loads(run_tool([str(python), str(PEERS)], {"OPENBLAS_NUM_THREADS": "1"}, json.dumps(table.tolist())))
    found = analyse(scored)
    assert found.components is not None
    findings = {
        "reml": [found.components.candidate, found.components.rater, found.components.residual],
        "icc": [found.icc["2,1"].value, found.icc["3,1"].value],
        "alpha": [found.alpha.ordinal.value],
    }
    size = f"{PEER_CANDIDATES} x {RATERS}"
    values = np.unique(table)
    ours = {
        "reml": _timed(f"REML, {size}", lambda: Crossed(table).reml()),
        "icc": _timed(f"ICC, six forms, {size}", lambda: icc(table)),
        "alpha": _timed(f"alpha, {size}", lambda: alpha(coincidences(counted(table, values)), values, "ordinal")),
    }
    names = {"reml": "statsmodels MixedLM", "icc": "pingouin", "alpha": "krippendorff"}
    return [
        Beside(
            ours[key],
            Timed(name, round(theirs[key]["seconds"], 6)),
            max(abs(one - other) for one, other in zip(findings[key], theirs[key]["values"], strict=True)),
        )
        for key, name in names.items()
    ]


def _timed(name: str, run: Callable[[], object]) -> Timed:
    run()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return Timed(name, round(statistics.median(times), 6))
