"""The forms of debriefs: strings into verdicts and texts. Knows no database."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from interview.debrief.rules import (
    FEEDBACK_MAX_CHARS,
    OUTCOME_WORDS,
    REASON_MAX_CHARS,
    REJECTION_WORDS,
    Outcome,
    RejectionReason,
    Verdict,
)
from interview.web.forms import Form


class DecisionForm(Form):
    """What is decided and why. Nothing is chosen beforehand."""

    outcome = RadioField(
        "Decision",
        [InputRequired("Choose what you decide.")],
        choices=[SelectChoice(value=one.value, label=words) for one, words in OUTCOME_WORDS.items()],
    )
    rejection = SelectField(
        "Rejection reason",
        choices=[
            SelectChoice(value="", label="Only for Reject: choose one"),
            *(SelectChoice(value=one.value, label=words) for one, words in REJECTION_WORDS.items()),
        ],
        default="",
        description="Counted in reports. The candidate does not see it.",
    )
    reason = TextAreaField(
        "Why, in your words",
        description="What in the evidence decided it. The candidate does not see it. "
        "A decision against the order of the scorecards needs at least 80 characters.",
        render_kw={"maxlength": REASON_MAX_CHARS},
    )
    other_information = TextAreaField(
        "Other information used",
        description="What weighed in besides the scorecards: prep record, references, the position itself. Leave it "
        "empty if nothing did.",
        render_kw={"maxlength": REASON_MAX_CHARS},
    )
    based_on = HiddenField(default="0")

    def verdict(self) -> Verdict:
        """Return what was decided; only after the form was found valid."""
        rejection = RejectionReason(self.rejection.data) if self.rejection.data else None
        return Verdict(Outcome(self.outcome.data), self.reason.data or "", rejection, self.other_information.data or "")

    @property
    def newest_seen(self) -> int:
        """The id of the newest decision its writer saw, 0 for none."""
        return number(self.based_on.data)


class ReopenForm(Form):
    """Why a decision is reopened."""

    why = TextAreaField(
        "Why the decision is reopened",
        [InputRequired("Write why the decision is reopened.")],
        render_kw={"maxlength": REASON_MAX_CHARS},
    )


class FeedbackForm(Form):
    """What the candidate should read."""

    text = TextAreaField(
        "Feedback to the candidate",
        description="What went well, what would have made it stronger, what happens next. Plain text.",
        render_kw={"maxlength": FEEDBACK_MAX_CHARS},
    )
    edition = HiddenField(default="0")

    @property
    def edition_seen(self) -> int:
        """The edition of the text that was edited, 0 for none."""
        return number(self.edition.data)


def number(given: str | None) -> int:
    """Return the whole number of a hidden field, 0 for anything else."""
    return int(given) if given and given.isascii() and given.isdigit() and len(given) < 10 else 0
