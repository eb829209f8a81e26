"""Pages of the review: recording and transcript side by side, captions, clips."""

from __future__ import annotations

from flask import Blueprint

from interview.review import models

blueprint = Blueprint("review", __name__)
__all__ = ["blueprint", "models"]
