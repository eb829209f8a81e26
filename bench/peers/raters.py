"""Run by a peers' environment: analyses the table of ratings on standard input, prints times and findings as JSON.

Knows nothing of the product: the table is a list of rows (candidates) of numbers (raters).
"""

import json
import statistics
import sys
import time

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import statsmodels.formula.api as formula

ROUNDS = 3


def reml(frame: pd.DataFrame, _table: np.ndarray) -> list[float]:
    """The crossed model; return the variances of candidates, raters and the rest."""
    crossed = {"candidate": "0 + C(candidate)", "rater": "0 + C(rater)"}
    frame = frame.assign(all=1)
    found = formula.mixedlm("score ~ 1", frame, groups="all", vc_formula=crossed, re_formula="0").fit(reml=True)
    of = dict(zip(found.model.exog_vc.names, found.vcomp, strict=True))
    return [float(of["candidate"]), float(of["rater"]), float(found.scale)]


def icc(frame: pd.DataFrame, _table: np.ndarray) -> list[float]:
    """The six forms; return those of absolute agreement and of consistency for one rater."""
    found = pingouin.intraclass_corr(frame, targets="candidate", raters="rater", ratings="score")
    return [float(value) for value in found["ICC"][1:3]]


def alpha(_frame: pd.DataFrame, table: np.ndarray) -> list[float]:
    """Return the ordinal alpha alone, without an interval."""
    return [float(krippendorff.alpha(table.T, level_of_measurement="ordinal"))]


table = np.array(json.load(sys.stdin))
candidates, raters = np.indices(table.shape)
frame = pd.DataFrame({"candidate": candidates.ravel(), "rater": raters.ravel(), "score": table.ravel()})
answers = {}
for name, run in {"reml": reml, "icc": icc, "alpha": alpha}.items():
    times = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        values = run(frame, table)
        times.append(time.perf_counter() - begun)
    answers[name] = {"seconds": statistics.median(times[1:]), "values": values}
print(json.dumps(answers))
