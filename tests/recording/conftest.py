"""What tests of recorded pitches share: consent, and background jobs carried out here and now."""

from tests.watch.conftest import run_jobs, short_film  # noqa: F401
