"""The audit trail on both databases: what is written stays, and every way of tampering is found and named."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from interview import audit
from interview.access import SYSTEM, Actor
from interview.db import writing
from interview.errors import Invalid, NotFound

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MAYA = Actor(name="Maya Brandt", person_id=7)
KEY = "k" * 40
ROOT = Path(__file__).resolve().parents[2]


def write(session: Session, count: int = 5) -> None:
    with writing(session):
        for number in range(count):
            audit.record(
                session,
                MAYA,
                "decision:made",
                "application",
                number,
                {"outcome": "advance"},
                reason=f"Grüße {number}",
                now=NOON + timedelta(minutes=number),
            )


def drop_guards(session: Session) -> None:
    """Do what somebody with the database in their hands would do first."""
    with writing(session):
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("DROP FUNCTION audit_refuses() CASCADE"))
        else:
            for name in ("audit_event_no_update", "audit_event_no_delete", "audit_body_no_update"):
                session.execute(text(f"DROP TRIGGER {name}"))


def tamper(session: Session, *statements: str) -> audit.Finding | None:
    """Change the trail behind the application's back and look for it."""
    drop_guards(session)
    with writing(session):
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("PRAGMA defer_foreign_keys=ON"))
        else:
            session.execute(text("ALTER TABLE audit_body DROP CONSTRAINT fk_audit_body_seq_audit_event"))
        for statement in statements:
            session.execute(text(statement))
    return audit.verify(session)


def rewrite(session: Session) -> None:
    """Write the whole trail anew, as somebody would who knows the code."""
    count = session.scalar(text("SELECT count(*) FROM audit_event")) or 0
    drop_guards(session)
    with writing(session):
        for statement in (
            "DELETE FROM audit_body",
            "DELETE FROM audit_event",
            "DELETE FROM audit_head",
            audit.FIRST_HEAD,
        ):
            session.execute(text(statement))
    write(session, count)


def test_an_untouched_trail_is_whole(session: Session) -> None:
    assert audit.verify(session) is None
    write(session)
    assert audit.verify(session) is None
    assert audit.verify(session, since=audit.checkpoint(session, now=NOON)) is None


def test_an_event_is_rolled_back_with_what_it_tells_of(session: Session) -> None:
    with pytest.raises(ZeroDivisionError), writing(session):
        audit.record(session, SYSTEM, "a:b", "x", 1, now=NOON) / 0
    write(session, 1)
    assert [row.seq for row in audit.listing(session)] == [1]
    assert audit.verify(session) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'person:1' WHERE seq = 1",
        "DELETE FROM audit_event WHERE seq = 1",
        "UPDATE audit_body SET body = '{}' WHERE seq = 1",
    ],
)
def test_the_database_refuses_to_change_the_trail(session: Session, statement: str) -> None:
    write(session)
    with pytest.raises(DatabaseError, match="append-only"), writing(session):
        session.execute(text(statement))
    assert audit.verify(session) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "'person:8'"),
        ("on_behalf", "'person:8'"),
        ("action", "'decision:madf'"),
        ("object_kind", "'applicatiom'"),
        ("object_id", "'9'"),
        ("at", "'2026-03-02 12:02:00.000001'"),
        ("hash", "'" + "1" * 64 + "'"),
        ("body_hash", "'" + "1" * 64 + "'"),
        ("prev", "'" + "1" * 64 + "'"),
    ],
)
def test_one_changed_value_names_its_row(session: Session, column: str, value: str) -> None:
    write(session)
    finding = tamper(session, f"UPDATE audit_event SET {column} = {value} WHERE seq = 3")
    assert finding is not None
    assert finding.seq == 3
    assert "Row 3" in finding.sentence
    assert "changed" in finding.sentence


def test_a_changed_text_names_its_row(session: Session) -> None:
    write(session)
    finding = tamper(session, "UPDATE audit_body SET body = replace(body, 'advance', 'reject') WHERE seq = 2")
    assert finding
    assert finding.sentence == "The text of row 2 (decision:made, 2026-03-02 12:01 UTC) was changed."


def test_a_removed_row_is_named(session: Session) -> None:
    write(session)
    finding = tamper(session, "DELETE FROM audit_body WHERE seq = 3", "DELETE FROM audit_event WHERE seq = 3")
    assert finding == audit.Finding(3, "Row 3 was removed: after row 2 comes row 4.")


def test_a_removed_row_with_the_gap_closed_is_named(session: Session) -> None:
    write(session)
    finding = tamper(
        session,
        "DELETE FROM audit_body",
        "DELETE FROM audit_event WHERE seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE seq = 4",
        "UPDATE audit_event SET seq = 4 WHERE seq = 5",
        "UPDATE audit_head SET seq = 4",
    )
    assert finding == audit.Finding(3, "Row 3 does not follow row 2: a row was put in or removed between them.")


def test_the_first_row_removed(session: Session) -> None:
    write(session)
    finding = tamper(session, "DELETE FROM audit_body WHERE seq = 1", "DELETE FROM audit_event WHERE seq = 1")
    assert finding == audit.Finding(1, "Row 1 was removed: after row 0 comes row 2.")


def test_two_rows_in_another_order_are_named(session: Session) -> None:
    write(session)
    finding = tamper(
        session,
        "DELETE FROM audit_body",
        "UPDATE audit_event SET seq = 99 WHERE seq = 2",
        "UPDATE audit_event SET seq = 2 WHERE seq = 4",
        "UPDATE audit_event SET seq = 4 WHERE seq = 99",
    )
    assert finding == audit.Finding(2, "Row 2 now stands at 4: rows were put in another order.")


def test_an_inserted_row_is_named(session: Session) -> None:
    write(session, 2)
    finding = tamper(
        session,
        "INSERT INTO audit_event SELECT 3, at, actor, on_behalf, action, object_kind, object_id, body_hash, prev, hash "
        "FROM audit_event WHERE seq = 2",
    )
    assert finding is not None
    assert finding.seq == 3


def test_a_tail_cut_off_is_named_by_the_head(session: Session) -> None:
    write(session)
    finding = tamper(session, "DELETE FROM audit_body WHERE seq > 3", "DELETE FROM audit_event WHERE seq > 3")
    assert finding
    assert finding.seq == 4
    assert "ends at row 3, its head says 5" in finding.sentence


def test_a_tail_cut_off_with_its_head_is_named_by_the_checkpoint(session: Session) -> None:
    write(session)
    before = audit.checkpoint(session, now=NOON)
    unnoticed = tamper(
        session,
        "DELETE FROM audit_body WHERE seq > 3",
        "DELETE FROM audit_event WHERE seq > 3",
        "UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit_event WHERE seq = 3)",
    )
    assert unnoticed is None
    finding = audit.verify(session, since=before)
    assert finding == audit.Finding(4, "The trail ends at row 3, the checkpoint at 5: its end was cut off.")


def test_a_rewritten_trail_is_named_by_the_checkpoint(session: Session) -> None:
    write(session)
    before = audit.checkpoint(session, now=NOON)
    rewrite(session)
    assert audit.verify(session) is None
    finding = audit.verify(session, since=before)
    assert finding == audit.Finding(5, "Row 5 is not the one of the checkpoint: the trail was written anew.")


def test_erasing_a_text_leaves_the_chain_whole_and_is_an_event(session: Session) -> None:
    write(session)
    with writing(session):
        audit.erase_body(session, 2, actor=SYSTEM, reason="Erasure asked for", now=NOON)
    assert audit.verify(session) is None
    assert session.scalar(text("SELECT count(*) FROM audit_body WHERE seq = 2")) == 0
    assert audit.listing(session)[0].action == audit.BODY_ERASED
    with writing(session), pytest.raises(NotFound):
        audit.erase_body(session, 2, actor=SYSTEM, reason="again", now=NOON)


def test_a_text_that_vanished_without_an_event_is_named(session: Session) -> None:
    write(session)
    finding = tamper(session, "DELETE FROM audit_body WHERE seq = 4")
    assert finding == audit.Finding(4, "The text of row 4 is gone, and no event says that it was erased.")


def test_the_checkpoint_line_survives_its_journey_and_no_forgery(session: Session) -> None:
    write(session)
    line = audit.checkpoint(session, now=NOON).line(KEY)
    assert audit.read_checkpoint(line + "\n", KEY) == audit.checkpoint(session, now=NOON)
    for forged in (
        line.replace("seq=5", "seq=4"),
        line[:-1] + ("0" if line[-1] != "0" else "1"),
        "",
        "seq=5",
        "ü mac=ü",
    ):
        with pytest.raises(Invalid):
            audit.read_checkpoint(forged, KEY)
    with pytest.raises(Invalid):
        audit.read_checkpoint(line, "another key of the right length, perhaps")


def test_a_clock_that_goes_back_is_no_finding(session: Session) -> None:
    write(session)
    write(session)
    assert audit.verify(session) is None


def test_listing_pages_and_keeps_personal_text_away(session: Session) -> None:
    write(session)
    first = audit.listing(session, count_max=3)
    rest = audit.listing(session, before_seq=first[-1].seq, count_max=3)
    assert [row.seq for row in first + rest] == [5, 4, 3, 2, 1]
    assert first[0].actor_name == "Maya Brandt"
    assert not hasattr(first[0], "reason")
    assert audit.listing(session, action="decision:") == audit.listing(session)
    assert audit.listing(session, action="d%") == []


def test_processes_appending_at_once_make_one_chain(session: Session, database_url: str) -> None:
    program = (
        "import sys, datetime\n"
        "from sqlalchemy.orm import Session\n"
        "from interview import audit, access\n"
        "from interview.db import make_engine, writing\n"
        "engine, now = make_engine(sys.argv[1]), datetime.datetime.now(datetime.UTC)\n"
        "for number in range(25):\n"
        "    with Session(engine) as session, writing(session):\n"
        "        for _ in range(2):\n"
        "            audit.record(session, access.SYSTEM, 'a:b', 'x', 1, now=now)\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, database_url], cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert audit.verify(session) is None
    assert session.scalar(text("SELECT max(seq) FROM audit_event")) == 150
