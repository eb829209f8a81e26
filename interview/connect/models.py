"""Rows of the API: tokens, of which only the digest is kept, and who revoked one when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from interview.connect.rules import NAME_MAX_CHARS, Scope
from interview.db import Base, UtcDateTime
from interview.people.models import Person


class ApiToken(Base):
    """What a program signs in with: it may what its owner may at that moment, as far as its scopes go."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    scope_words: Mapped[str] = mapped_column(String(60))  # separated by spaces
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner: Mapped[Person] = relationship()
    revocation: Mapped[TokenRevocation | None] = relationship(back_populates="token")

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What the token was made for."""
        return tuple(Scope(word) for word in self.scope_words.split())


class TokenRevocation(Base):
    """A token that works no more: who revoked it (nobody known, for the command line) and when."""

    __tablename__ = "api_token_revocation"
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    token: Mapped[ApiToken] = relationship(back_populates="revocation")
