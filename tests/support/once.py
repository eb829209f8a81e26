"""Routes, templates and statements compiled once in a test process: every test makes the application, always the same.

Without it, nineteen twentieths of the time that an application takes to be made go into compiling its URL rules anew,
and most of what a test takes then into compiling templates and SQL.
"""

from __future__ import annotations

from types import CodeType
from typing import Any, ClassVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from sqlalchemy.engine import Dialect
from werkzeug.routing import Rule

from interview.web.database import database

_compiled: dict[tuple[Any, ...], dict[str, Any]] = {}


class OnceCompiledRule(Rule):
    """A rule that takes over what an equal one was compiled to before."""

    def compile(self) -> None:
        """Compile, or take the state of the equal rule that was compiled first."""
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, self.endpoint, frozenset(self.methods or ()), defaults, self.strict_slashes, self.build_only)
        if key not in _compiled:
            super().compile()
            _compiled[key] = {name: value for name, value in vars(self).items() if name != "map"}
        vars(self).update(_compiled[key])


class OnceCompiledTemplates(BytecodeCache):
    """The code of the templates compiled so far, by what they are called and a checksum of what is written in them."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the code of an equal template, if there was one."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        assert bucket.code is not None
        self._codes[bucket.key, bucket.checksum] = bucket.code


class OnceCompilingDatabase(SQLAlchemy):
    """Engines that share the statements compiled so far, which SQLAlchemy keeps by dialect: so they share that too."""

    _dialects: ClassVar[dict[str, Dialect]] = {}
    _statements: ClassVar[dict[Any, Any]] = {}

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine = super()._make_engine(bind_key, options, app)
        shared = self._dialects.setdefault(engine.dialect.name, engine.dialect)
        if shared.server_version_info is None:  # it met no server yet, so it does not know what that can do
            shared = self._dialects[engine.dialect.name] = engine.dialect
        engine.dialect = shared
        engine.update_execution_options(compiled_cache=self._statements)
        return engine


def compile_once() -> None:
    """Make every application of this process use such rules, templates and statements."""
    Flask.url_rule_class = OnceCompiledRule
    Flask.jinja_options = {"bytecode_cache": OnceCompiledTemplates()}
    database.__class__ = OnceCompilingDatabase
