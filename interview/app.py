"""The Flask application: wires settings, doors, plumbing and rooms. Holds no rule and no page."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from interview import config, db
from interview.adapters.audio import SoundCutter
from interview.adapters.clock import DatabaseClock
from interview.adapters.files import LocalFiles
from interview.adapters.joining import RecordingJoiner
from interview.adapters.llm import language_model, speech_model
from interview.adapters.probe import FilmProbe
from interview.adapters.streams import StreamTools
from interview.clock import Clock, SystemClock
from interview.config import Settings
from interview.web import filters, guard, headers, refusals
from interview.web.cookies import CookieSessions
from interview.web.database import database
from interview.web.limits import limiter
from interview.web.uploads import UploadRequest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (  # each has views.py with a `blueprint`
    "people",
    "hiring",
    "watch",
    "knowledge",
    "rubric",
    "transcript",
    "recording",
    "prep",
    "factsheet",
    "scorecard",
    "kit",
    "calibration",
    "exercise",
    "summary",
    "transcription",
    "review",
    "debrief",
    "outcome",
    "export",
    "connect",
    "board",
    "system",
)
NAVIGATION = (  # endpoint, words, icon, the action that shows it
    ("board.home", "Home", "house", "home.view"),
    ("hiring.jobs", "Jobs", "briefcase", "job.list"),
    ("people.index", "People", "people", "people.manage"),
    ("system.jobs", "System", "gear", "system.view"),
)

csrf = CSRFProtect()
migrate = Migrate()


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """Build the application. Raises BadSettings with one sentence per problem."""
    settings = settings or config.load()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app = Flask("interview", root_path=str(ROOT / "interview"), template_folder=str(ROOT / "templates"))
    app.request_class = UploadRequest
    app.session_interface = CookieSessions()
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings.database_url),
        SESSION_COOKIE_NAME="__Host-pitchproof" if settings.is_https else "pitchproof",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over lunch loses nothing
        WTF_CSRF_SSL_STRICT=False,  # the Referrer-Policy hides the referrer; the token and SameSite decide
        RATELIMIT_HEADERS_ENABLED=True,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.extensions["pitchproof"] = guard.Doors(
        clock=clock or (SystemClock() if settings.sqlite_path else DatabaseClock(lambda: database.engine)),
        settings=settings,
        files=LocalFiles(settings.data_dir / "files"),
        probe=FilmProbe(),
        streams=StreamTools(settings.data_dir / "cutting"),
        model=language_model(**vars(settings.model)),
        speech=speech_model(**vars(settings.speech)),
        sound=SoundCutter(settings.data_dir / "sound"),
        joiner=RecordingJoiner(settings.data_dir / "joining"),
    )
    app.extensions["group_commits"] = {}
    headers.install(app)
    refusals.install(app)
    filters.install(app)
    guard.protect(app)  # before CSRF: a body is only read when its sender may send it
    csrf.init_app(app)
    limiter.init_app(app)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database.init_app(app)
    with app.app_context():
        db.prepare_engine(database.engine)
    migrate.init_app(app, database, directory=str(ROOT / "interview" / "migrations"))
    for room in ROOMS:
        app.register_blueprint(importlib.import_module(f"interview.{room}.views").blueprint)
    for view in app.view_functions.values():
        if getattr(view, "checks_csrf", False):  # the token may stand in the body, where CSRFProtect does not look
            csrf.exempt(view)
    app.jinja_env.globals["navigation"] = NAVIGATION
    importlib.import_module("interview.health").install(app)
    importlib.import_module("interview.cli").install(app)
    guard.actions_of(app)  # a view without an action stops the start
    return app
