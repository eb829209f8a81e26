"""The form base: CSRF, stripped strings, and a validate that raises nothing.

Rooms' forms turn strings into their own dataclasses; the macros of components/forms.html draw them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from flask_wtf import FlaskForm
from wtforms import Field


def stripped(value: Any) -> Any:
    """Strip a string; leave anything else as it is."""
    return value.strip() if isinstance(value, str) else value


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose strings arrive stripped, except passwords and files."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Bind the strip filter to every text field."""

        unstripped: ClassVar[set[str]] = {"PasswordField", "FileField", "MultipleFileField"}

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Bind a field with the strip filter in front of its own filters."""
            if unbound_field.field_class.__name__ not in self.unstripped:
                filters = [stripped, *unbound_field.kwargs.get("filters", ())]
                return unbound_field.bind(form=form, **{**options, "filters": filters})
            return unbound_field.bind(form=form, **options)
