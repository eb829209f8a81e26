"""Routes and templates compiled once in a test process: every test makes the application, always with the same ones.

Without it, nineteen twentieths of the time that an application takes to be made go into compiling its URL rules anew,
and most of what its first page takes into compiling the templates.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

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


def compile_once() -> None:
    """Make every application of this process use such rules and templates."""
    Flask.url_rule_class = OnceCompiledRule
    Flask.jinja_options = {"bytecode_cache": OnceCompiledTemplates()}
