"""The peer of the beats benchmark: a Flask route that parses the same JSON and answers, and does nothing else."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

app = Flask(__name__)


@app.post("/watch/lease/<lease_id>/beat")
def beat(lease_id: str) -> Response:
    """Parse and answer."""
    fields = request.get_json()
    return jsonify(ack=fields["seq"], dup=False, credited_ms=0, short=[], missing=[], lease=lease_id)
