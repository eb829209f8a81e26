"""Whether the process lives and whether it can work: /healthz, /readyz, /metrics. Wiring; knows every part a little."""

from __future__ import annotations

import hmac

from flask import Flask, Response, jsonify, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from interview import jobs
from interview.access import PUBLIC
from interview.errors import NotFound
from interview.web.database import reading
from interview.web.guard import doors, may, now


def install(app: Flask) -> None:
    """Add the health addresses."""
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/metrics", view_func=metrics)


@may(PUBLIC)
def healthz() -> Response:
    """Answer while the process lives."""
    return jsonify(status="ok")


@may(PUBLIC)
def readyz() -> tuple[Response, int]:
    """Answer 200 when database, storage and jobs work, else 503 saying which does not."""
    session = reading()
    try:
        session.execute(text("SELECT 1"))
        database, work = "ok", jobs.health(session, now())
    except SQLAlchemyError:
        database, work = "The database cannot be reached.", jobs.Health(False, "unknown")
    storage = doors().files.check()
    ready = database == storage == "ok" and work.is_ok
    return jsonify(database=database, storage=storage, jobs=work.sentence), 200 if ready else 503


@may(PUBLIC)
def metrics() -> Response:
    """Answer Prometheus text to who knows METRICS_TOKEN; absent while none is set."""
    token = doors().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(token.encode(), given.encode()):
        raise NotFound("There is no such page, or it is not yours to see.")
    lines = [
        f'pitchproof_background_jobs{{state="{state}"}} {count}' for state, count in jobs.counts(reading()).items()
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
