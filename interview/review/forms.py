"""The form of a clip: strings into moments and a title. Knows no database."""

from __future__ import annotations

from wtforms import StringField

from interview.review.rules import moment_ms
from interview.web.forms import Form


class ClipForm(Form):
    """A clip: where it begins and ends, and its title."""

    start = StringField("From")
    end = StringField("To")
    title = StringField("Title", description="What is to be seen or heard, like: asks what happens today.")

    def moments(self) -> tuple[int | None, int | None]:
        """Return beginning and end in milliseconds; None for what is no moment."""
        return moment_ms(self.start.data or ""), moment_ms(self.end.data or "")
