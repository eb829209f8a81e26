"""Statistics of ratings: a large table, peers at a size they can do, and how often intervals hold the truth.

The coverage is of designs as in SCORING 3.9: candidates drawn anew in each replication, rated by raters who differ.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import importlib
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from interview.agreement.rules.analysis import Scored, analyse
from interview.agreement.rules.crossed import Crossed
from interview.agreement.rules.linking import islands

LIMIT_S = 2.0
CANDIDATES, RATERS, CRITERIA = 2000, 4, 8
PEER_CANDIDATES = 100  # statsmodels' crossed model builds full matrices: 800 take it 24 s
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
    """How long the median of some rounds took; `why_not` where it could not be tried."""

    name: str
    seconds: float | None
    why_not: str = ""


@dataclass(frozen=True)
class AgreementResult:
    """The large table, ours and the peers' at the smaller size, and the coverage of each design."""

    large: Timed
    small: list[tuple[Timed, Timed]]
    coverage: list[Coverage]

    def as_json(self) -> dict[str, object]:
        """Return it for results.json."""
        return {
            "limit_s": LIMIT_S,
            "large": asdict(self.large),
            "small": [{"ours": asdict(ours), "peer": asdict(peer)} for ours, peer in self.small],
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
    return AgreementResult(
        large=_timed(f"{CANDIDATES:,} x {RATERS} x {CRITERIA} analysed", lambda: analyse(large)),
        small=_beside_peers() if peers else [],
        coverage=[cover(design, REPLICATIONS) for design in DESIGNS],
    )


def _beside_peers() -> list[tuple[Timed, Timed]]:
    size = PEER_CANDIDATES
    composites = np.array([one.value for one in ratings(size, criteria=1)]).reshape(size, RATERS)
    ours = _timed(f"all of it, {size} x {RATERS}", lambda: analyse(ratings(size, criteria=1)))
    reml = _timed(f"REML, {size} x {RATERS}", lambda: Crossed(composites).reml())
    return [
        (reml, _peer("statsmodels MixedLM", "statsmodels.api", lambda: _statsmodels(composites))),
        (ours, _peer("pingouin, the ICC alone", "pingouin", lambda: _pingouin(composites))),
    ]


def _peer(name: str, module: str, run: Callable[[], object]) -> Timed:
    try:
        importlib.import_module(module)
    except ImportError:
        return Timed(name, None, f"not installed: .venv/bin/pip install {module.split('.')[0]}")
    return _timed(name, run)


def _long(composites: np.ndarray) -> dict[str, np.ndarray]:
    candidates, raters = np.indices(composites.shape)
    return {"candidate": candidates.ravel(), "rater": raters.ravel(), "score": composites.ravel()}


def _statsmodels(composites: np.ndarray) -> object:
    pandas = importlib.import_module("pandas")
    formula = importlib.import_module("statsmodels.formula.api")
    frame = pandas.DataFrame(_long(composites)).assign(all=1)
    crossed = {"candidate": "0 + C(candidate)", "rater": "0 + C(rater)"}
    return formula.mixedlm("score ~ 1", frame, groups="all", vc_formula=crossed, re_formula="0").fit(reml=True)


def _pingouin(composites: np.ndarray) -> object:
    pandas = importlib.import_module("pandas")
    pingouin = importlib.import_module("pingouin")
    frame = pandas.DataFrame(_long(composites))
    return pingouin.intraclass_corr(frame, targets="candidate", raters="rater", ratings="score")


def _timed(name: str, run: Callable[[], object]) -> Timed:
    run()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return Timed(name, round(statistics.median(times), 4))
