"""The export tests' stage: the cast with a rubric on its job, and films that its candidates can watch."""

from tests.debrief.conftest import stage
from tests.watch.conftest import films, short_film

__all__ = ["films", "short_film", "stage"]
