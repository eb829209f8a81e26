"""What the prep tests stand on: a job with two films and a knowledge check, and a candidate who does them."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from interview.access import SYSTEM
from interview.db import writing
from interview.hiring.models import Application
from interview.hiring.rules import Gate
from interview.knowledge import service as knowledge
from interview.knowledge.rules import CheckSettings, QuestionText
from interview.watch.models import CheckpointIssue, Material, MaterialVersion, Watch
from interview.watch.rules.material import Kind, VersionState
from interview.watch.rules.ranges import decode
from tests.support.cast import Cast
from tests.support.pages import Browser

EXPLAINER_MS, WEBINAR_MS = 60_000, 300_000


@dataclass
class Prep:
    """The cast's job with an explainer (required), a webinar (offered) and a check of two questions."""

    cast: Cast
    explainer_id: int
    webinar_id: int

    def gate(self, gate: Gate) -> None:
        with writing(self.cast.session):
            self.cast.job.gate = gate

    def watch(self, browser: Browser, material_id: int, to_ms: int) -> None:
        """Play a film from its start, at double speed by the server's own clock, one beat at the end."""
        lease = browser.send_json(f"/watch/{material_id}/lease", {}, status=201).get_json()
        self.cast.clock.forward(milliseconds=to_ms // 2 + 1000)
        body = {
            "v": 1,
            "seq": 1,
            "segs": [[0, to_ms, 200, 0, to_ms // 2]],
            "pos": to_ms,
            "state": "playing",
            "mono": to_ms // 2,
            "hid": 0,
            "mut": 0,
            "qn": 0,
        }
        answer = browser.send_json(f"/watch/lease/{lease['lease']}/beat", body).get_json()
        assert answer["covered_ms"] == to_ms
        self.confirm(browser, lease["lease"], material_id)

    def confirm(self, browser: Browser, lease: str, material_id: int) -> None:
        """Stand at each checkpoint that was passed, and answer it."""
        session = self.cast.session
        session.rollback()
        row = session.scalars(
            select(Watch).where(Watch.material_id == material_id).order_by(Watch.last_at.desc())
        ).first()
        assert row is not None
        passed = [at_ms for _, at_ms in decode(row.waiting) if at_ms <= row.covered_ms]
        for seq, at_ms in enumerate(passed, 2):
            beat = {"v": 1, "seq": seq, "segs": [], "pos": at_ms, "state": "playing", "mono": 0}
            shown = browser.send_json(f"/watch/lease/{lease}/beat", beat).get_json()["checkpoint"]
            session.rollback()
            right = session.get_one(CheckpointIssue, shown["id"]).right
            told = browser.send_json(f"/watch/lease/{lease}/checkpoint/{shown['id']}", {"answer": right}).get_json()
            assert told["right"] is True
        session.rollback()

    def check(self, name: str = "cleo", *, right: bool = True) -> None:
        """Take the knowledge check once, all right or all wrong."""
        session, now = self.cast.session, self.cast.clock.now()
        with writing(session):
            actor = self.cast.actor(name)
            application = session.get_one(Application, actor.application_id)
            attempt = knowledge.start(session, actor, application, chance=random.Random(7), now=now)
            places = {
                one.ordinal: next(i for i, index in enumerate(one.order) if (index == one.version.right) is right)
                for one in attempt.asked
            }
            knowledge.submit(session, actor, attempt, places, now=now)


@pytest.fixture
def prep(cast: Cast) -> Prep:
    """The cast's job, with material and a knowledge check."""
    session, now = cast.session, cast.clock.now()

    def film(title: str, kind: Kind, duration_ms: int, ordinal: int, required: bool) -> Material:
        version = MaterialVersion(
            number=1,
            file_key=f"{title}.webm",
            sha256=title,
            size_bytes=1000,
            container="webm",
            uploaded_at=now,
            state=VersionState.READY,
            duration_ms=duration_ms,
            excluded=b"",
        )
        return Material(
            job_id=cast.job_id,
            title=title,
            kind=kind,
            ordinal=ordinal,
            required=required,
            ready_number=1,
            created_at=now,
            versions=[version],
        )

    with writing(session):
        films = [
            film("The explainer", Kind.EXPLAINER, EXPLAINER_MS, 1, True),
            film("The webinar", Kind.WEBINAR, WEBINAR_MS, 2, False),
        ]
        session.add_all(films)
        knowledge.set_settings(session, SYSTEM, cast.job, CheckSettings(draw_count=2, needed_pct=70), now=now)
        for number in range(6):
            text = QuestionText("The idea", f"Question {number}?", ("Right", "Wrong", "Also wrong"), 0)
            knowledge.add_question(session, SYSTEM, cast.job, text, now=now)
        session.flush()
        ids = [one.id for one in films]
    return Prep(cast, *ids)
