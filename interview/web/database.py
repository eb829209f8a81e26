"""The request's database session and its one writing transaction.

Knows Flask-SQLAlchemy; rooms' services get a plain Session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from interview import db as plumbing
from interview.db import Answer, Ask, GroupCommit

database = SQLAlchemy(metadata=plumbing.Base.metadata, disable_autonaming=True)


def reading() -> Session:
    """Return the request's session; it reads one consistent state until `writing` begins."""
    return cast(Session, database.session())


def sharing(work: Callable[[Connection, Sequence[Ask]], Sequence[Answer | None]]) -> GroupCommit[Ask, Answer]:
    """Return the application's group commit for this work: small writes that share a transaction with each other."""
    made = current_app.extensions["group_commits"]
    return cast("GroupCommit[Ask, Answer]", made.get(work) or made.setdefault(work, GroupCommit(database.engine, work)))


@contextmanager
def writing() -> Iterator[Session]:
    """Open the request's writing transaction: commit at the end, roll back on any exception."""
    with plumbing.writing(reading()) as session:
        yield session
