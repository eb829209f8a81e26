"""The form of outcomes: strings into an outcome. Knows no database."""

from __future__ import annotations

from wtforms import HiddenField, IntegerField, RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Optional

from interview.debrief.forms import number
from interview.outcome.rules import NOTE_MAX_CHARS, Outcome
from interview.web.forms import Form


class OutcomeForm(Form):
    """How a hire does."""

    months = HiddenField()
    edition = HiddenField(default="0")
    still_here = RadioField(
        "Still here?",
        [InputRequired("Choose whether the person is still here.")],
        choices=[SelectChoice(value="yes", label="Yes"), SelectChoice(value="no", label="No, has left")],
    )
    ramp_months = IntegerField(
        "Ramp: months until the full quota was carried",
        [Optional()],
        description="Leave it empty while ramping up, or where it was never carried.",
    )
    quota_pct = IntegerField(
        "Share of quota reached, in percent",
        [Optional()],
        description="Of the quota that held for these months; 100 is all of it. Leave it empty without a quota.",
    )
    note = TextAreaField(
        "Note",
        description="What else should be known when this rubric is judged. The candidate may ask to read it.",
        render_kw={"maxlength": NOTE_MAX_CHARS},
    )

    def outcome(self) -> Outcome:
        """Return what was entered; only after the form was found valid."""
        return Outcome(
            is_still_here=self.still_here.data == "yes",
            ramp_months=self.ramp_months.data,
            quota_pct=self.quota_pct.data,
            note=self.note.data or "",
        )

    @property
    def after(self) -> int:
        """The months after which this is the outcome, 0 for anything else."""
        return number(self.months.data)

    @property
    def edition_seen(self) -> int:
        """The edition that was corrected, 0 for none."""
        return number(self.edition.data)
