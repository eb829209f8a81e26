"""What a page that waits for a worker is told (wait.js asks for it). Knows no room."""

from __future__ import annotations

from datetime import datetime

from flask import Response, jsonify

from interview.web.guard import now


def waiting(number: int, asked_at: datetime, is_open: bool, done_count: int = 0, parts_count: int = 1) -> Response:
    """Answer which work this is, how many of its parts are done, for how many seconds, and whether it goes on."""
    seconds = int((now() - asked_at).total_seconds())
    return jsonify(number=number, done=done_count, parts=parts_count, seconds=seconds, is_open=is_open)
