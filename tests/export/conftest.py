"""The export tests' stage: the cast with a rubric on its job."""

from tests.debrief.conftest import stage

__all__ = ["stage"]
