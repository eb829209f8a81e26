"""An analysis as JSON, and as plain text that a hiring manager can read; works nothing out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from interview.agreement.rules.analysis import Analysis, Estimate, Interval, Scored, Standing

PANEL_SIZES = range(1, 7)
_LEFT_OUT = "–"


def words_for(p_above: float, ahead: str, behind: str) -> str:
    """Say in words how sure it is that `ahead` is ahead of `behind`, with P >= .5 (SCORING 6)."""
    if p_above < 0.75:
        return f"{ahead} and {behind} cannot be told apart."
    if p_above < 0.90:
        return f"Leaning towards {ahead} over {behind}: treat as open."
    if p_above <= 0.97:
        return f"{ahead} is probably stronger than {behind}."
    return f"{ahead} is clearly stronger than {behind} on this exercise."


def as_json(found: Analysis) -> dict[str, object]:
    """Return the analysis for programs; what cannot be estimated is null, and a note says why."""
    metrics = ("nominal", "ordinal", "interval", "ratio")
    alphas: dict[str, Estimate] = {metric: getattr(found.alpha, metric) for metric in metrics}
    parts = ("candidate", "rater", "residual")
    panels = {one.n_raters: one for one in found.dependability}
    return {
        "alpha": {metric: one.value for metric, one in alphas.items()},
        "alpha_ci": {metric: _span(one.ci) for metric, one in alphas.items()},
        "ac1": found.ac1.value,
        "ac1_ci": _span(found.ac1.ci),
        "ac2": found.ac2.value,
        "ac2_ci": _span(found.ac2.ci),
        "icc": {form: {"value": one.value, "ci": _span(one.ci)} for form, one in found.icc.items()},
        "rwg": [one.value for one in found.rwg],
        "rwg_of": [
            {"candidate": one.candidate, "criterion": one.criterion, "n": one.n, "rwg": one.value, "a_wg": one.a_wg}
            for one in found.rwg
        ],
        "weighted_kappa": {"linear": found.kappa_linear, "quadratic": found.kappa_quadratic},
        "fleiss_kappa": found.fleiss_kappa,
        "exact_share": found.exact_share,
        "within_one_share": found.within_one_share,
        "components": {part: getattr(found.components, part, None) for part in parts},
        "components_ci": {part: _span(found.component_intervals.get(part)) for part in parts},
        "borrowed": found.borrowed,
        "dependability": {str(size): panels[size].phi if panels else None for size in PANEL_SIZES},
        "sem": {str(size): panels[size].sem if panels else None for size in PANEL_SIZES},
        "candidates": [
            {
                "candidate": one.candidate,
                "n": one.n,
                "mean": one.mean,
                "adjusted": one.adjusted,
                "sd": one.sd,
                "interval": _span(one.interval),
                "comparative": _span(one.comparative),
                "tier": one.tier,
                "ranks": None if one.ranks is None else list(one.ranks),
            }
            for one in found.candidates
        ],
        "raters": [{"rater": one.rater, "n": one.n, "effect": one.effect, "sd": one.sd} for one in found.raters],
        "pairs": [{"a": one.a, "b": one.b, "p_a_above_b": one.p_a_above_b} for one in found.pairs],
        "best_of_n": found.best_of_n,
        "connected": found.connected,
        "notes": list(found.notes),
    }


def as_text(found: Analysis, ratings: Sequence[Scored]) -> str:
    """Return the analysis as lines to read."""
    candidates, raters, criteria = (
        len({getattr(one, name) for one in ratings}) for name in ("candidate", "rater", "criterion")
    )
    given = sum(one.value is not None for one in ratings)
    blocks = [
        [f"{given} ratings: candidates {candidates}, raters {raters}, criteria {criteria}."],
        ["Do the raters agree?", *_agreement(found)],
        ["Can we tell candidates apart?", *_apart(found)],
        ["Candidates (a tier holds those who cannot be told from its best; tiers are no ranks)", *_candidates(found)],
        ["Next to each other", *_neighbours(found)],
        ["Notes", *(f"  - {note}" for note in found.notes)],
        ["This describes one exercise on one day."],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if len(lines) > 1 or not lines[0][-1].isalpha())


def _agreement(found: Analysis) -> Iterable[str]:
    yield _line("Same rating", _percent(found.exact_share))
    yield _line("Within one point", _percent(found.within_one_share))
    yield _line("Gwet's AC1", _estimate(found.ac1))
    yield _line("Gwet's AC2 (quadratic)", _estimate(found.ac2))
    given = [one.value for one in found.rwg if one.value is not None]
    yield _line("Mean r_wg", _number(sum(given) / len(given) if given else None))
    for metric in ("nominal", "ordinal", "interval", "ratio"):
        yield _line(f"Alpha, {metric}", _estimate(getattr(found.alpha, metric)))
    if found.kappa_linear is not None:
        kappas = f"{_number(found.kappa_linear)} linear, {_number(found.kappa_quadratic)} quadratic"
        yield _line("Weighted kappa", kappas)
    yield _line("Fleiss' kappa", _number(found.fleiss_kappa))


def _apart(found: Analysis) -> Iterable[str]:
    for form, one in found.icc.items():
        yield _line(f"ICC({form})", _estimate(one))
    if found.components is None:
        return
    origin = " (borrowed)" if found.borrowed else ""
    for part in ("candidate", "rater", "residual"):
        one = Estimate(getattr(found.components, part), found.component_intervals.get(part))
        yield _line(f"Variance, {part}{origin}", _estimate(one))
    for panel in found.dependability:
        raters = "1 rater" if panel.n_raters == 1 else f"{panel.n_raters} raters"
        yield _line(f"With {raters}", f"Phi {_number(panel.phi)}, standard error {panel.sem:.2f} points")
    if found.best_of_n is not None:
        yield f"  With this panel the top candidate is truly the best about {found.best_of_n:.0%} of the time."


def _candidates(found: Analysis) -> Iterable[str]:
    if not found.candidates:
        return
    width = max(9, *(len(one.candidate) for one in found.candidates))
    head = f"{'raters':>6}  {'mean':>5}  {'adjusted':>8}  {'95 %':>12}  possible ranks"
    yield f"  tier  {'candidate':{width}}  {head}"
    for one in found.candidates:
        yield f"  {one.tier or _LEFT_OUT:>4}  {one.candidate:{width}}  {one.n:>6}  {_cells(one)}"


def _cells(one: Standing) -> str:
    span = _LEFT_OUT if one.interval is None else f"{one.interval[0]:.1f} to {one.interval[1]:.1f}"
    ranks = _LEFT_OUT if one.ranks is None else f"{one.ranks[0]}-{one.ranks[1]}"
    if one.ranks and one.ranks[0] == one.ranks[1]:
        ranks = str(one.ranks[0])
    return f"{_number(one.mean, 1):>5}  {_number(one.adjusted, 1):>8}  {span:>12}  {ranks}"


def _neighbours(found: Analysis) -> Iterable[str]:
    order = sorted((one for one in found.candidates if one.adjusted is not None), key=lambda one: -(one.adjusted or 0))
    for one, other in pairwise(order):
        p = found.p_above(one.candidate, other.candidate)
        if p is not None:
            yield f"  {words_for(p, one.candidate, other.candidate)} (P = {min(p, 0.99):.2f}{'+' if p > 0.99 else ''})"


def _line(name: str, value: str) -> str:
    return f"  {name:32}{value}"


def _number(value: float | None, decimals: int = 2) -> str:
    return _LEFT_OUT if value is None else f"{value:.{decimals}f}"


def _percent(share: float | None) -> str:
    return _LEFT_OUT if share is None else f"{share:.0%} of pairs"


def _estimate(one: Estimate) -> str:
    span = "" if one.ci is None else f" ({one.ci[0]:.2f} to {one.ci[1]:.2f})"
    return f"{_number(one.value)}{span}"


def _span(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)
