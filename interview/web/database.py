"""The request's database session and its one writing transaction.

Knows Flask-SQLAlchemy; rooms' services get a plain Session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from interview import db as plumbing

database = SQLAlchemy(metadata=plumbing.Base.metadata, disable_autonaming=True)


def reading() -> Session:
    """Return the request's session; it reads one consistent state until `writing` begins."""
    return cast(Session, database.session())


@contextmanager
def writing() -> Iterator[Session]:
    """Open the request's writing transaction: commit at the end, roll back on any exception."""
    with plumbing.writing(reading()) as session:
        yield session
