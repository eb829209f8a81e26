"""These tests reckon rather than wait: on a busy machine an example takes as long as it takes."""

from hypothesis import settings

settings.register_profile("reckoning", deadline=None)
settings.load_profile("reckoning")
