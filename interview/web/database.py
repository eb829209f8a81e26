"""The request's database session and its one writing transaction.

Knows Flask-SQLAlchemy; rooms' services get a plain Session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from interview import db as plumbing
from interview.db import GroupCommit

database = SQLAlchemy(metadata=plumbing.Base.metadata, disable_autonaming=True)


def reading() -> Session:
    """Return the request's session; it reads one consistent state until `writing` begins."""
    return cast(Session, database.session())


def sharing() -> GroupCommit:
    """Return the application's group commit, for small writes that may share a transaction with other requests'."""
    reading().rollback()  # its connection goes back to the pool before another is taken
    found = current_app.extensions.get("group_commit")
    if found is None:
        found = current_app.extensions.setdefault("group_commit", GroupCommit(database.engine))
    return cast(GroupCommit, found)


@contextmanager
def writing() -> Iterator[Session]:
    """Open the request's writing transaction: commit at the end, roll back on any exception."""
    with plumbing.writing(reading()) as session:
        yield session
