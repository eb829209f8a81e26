"""`make redteam`: every case on SQLite and PostgreSQL, with one and with four web processes; 1 when one fails
or cannot be decided.

Arguments choose: configurations like `sqlite-1`, cases like `attack-7`; --no-browser leaves Chromium out.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence

from playwright.sync_api import sync_playwright

from tests.redteam import report
from tests.redteam.cases import Row, Spec, try_case
from tests.redteam.stage import Configuration, staged
from tests.redteam.suite import UNHURRIED, all_cases
from tests.support.browser import launch_options
from tests.support.postgres import Postgres, running_postgres

CONFIGURATIONS = {
    f"{database}-{processes}": Configuration(database, processes)
    for database in ("sqlite", "postgresql")
    for processes in (1, 4)
}
IN_BROWSER = ("sqlite-1", "postgresql-4")  # real time: two of the four are enough for what the browser does


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was chosen, print it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.redteam", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="cases, like attack-7 honest-19")
    parser.add_argument("--on", nargs="*", default=list(CONFIGURATIONS), choices=list(CONFIGURATIONS))
    parser.add_argument("--no-browser", action="store_true")
    chosen = parser.parse_args(arguments)
    everything: list[Row] = []
    with contextlib.ExitStack() as stack:
        postgres = None
        if any(name.startswith("postgresql") for name in chosen.on):
            postgres = stack.enter_context(running_postgres(settings=UNHURRIED))
        chromium = None
        if not chosen.no_browser:
            playwright = stack.enter_context(sync_playwright())
            chromium = stack.enter_context(playwright.chromium.launch(**launch_options(playwright)))
        for name in chosen.on:
            with_browser = chromium if name in IN_BROWSER else None
            rows = run(CONFIGURATIONS[name], postgres, with_browser, specs(chosen.only, with_browser is not None))
            everything += rows
    print(f"\nin total, {len(chosen.on)} configurations")
    if words := report.undecided(everything):
        print(words)
    print(report.totals(everything))
    return 1 if any(row.is_bad or not row.is_decided for row in everything) else 0


def specs(only: Sequence[str], with_browser: bool) -> list[Spec]:
    """Return the chosen cases in the order of WATCH: attacks, then honest ones."""
    named = [one for one in all_cases() if not only or one.name in only or one.name.removesuffix("-browser") in only]
    return [one for one in named if with_browser or not one.in_browser]


def run(configuration: Configuration, postgres: Postgres | None, chromium: object, chosen: Sequence[Spec]) -> list[Row]:
    """Run cases on one configuration, printing a row for each."""
    begun = time.monotonic()
    on = postgres if configuration.database == "postgresql" else None
    where = "with Chromium" if chromium else "browser cases (b) run on " + " and ".join(IN_BROWSER)
    print(f"\n{configuration} ({where})\n{report.heading()}")
    rows = []
    with staged(configuration, on, chromium=chromium) as stage:
        for spec in chosen:
            rows.append(try_case(stage, spec))
            print(report.line_of(rows[-1]), flush=True)
    print(f"{configuration}: {time.monotonic() - begun:.0f} s")
    if words := report.undecided(rows):
        print(words)
    print(report.totals(rows))
    return rows


if __name__ == "__main__":
    sys.exit(main())
