"""Limits on how often one address may try: in memory by default.

Knows Flask-Limiter; views name their own limits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

View = TypeVar("View", bound=Callable[..., Any])


class _Limits(Limiter):
    """A limiter that does not look for limits where a view says that it has none; the looking is what costs."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if not getattr(view, "unlimited", False):
            super()._check_request_limit(callable_name, in_middleware)


limiter = _Limits(get_remote_address, storage_uri="memory://", strategy="moving-window")


def unlimited(view: View) -> View:
    """Declare that a view has no limit by address."""
    view.unlimited = True  # type: ignore[attr-defined]
    return view
