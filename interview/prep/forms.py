"""The forms of preparation: strings into the room's own dataclasses. Knows no database."""

from __future__ import annotations

from wtforms import IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from interview.prep.rules import CONSENT_TEXTS, TEXT_MAX, ConsentKind, ConsentText, RequestKind
from interview.prep.service import Wish
from interview.watch.rules.material import Accommodation
from interview.web.forms import Form

_TEXTS = {text.kind: text for text in CONSENT_TEXTS}


def _question(text: ConsentText) -> RadioField:
    return RadioField(
        text.title,
        [InputRequired(f"Choose an answer for “{text.title}”. No is as good as yes.")],
        choices=[SelectChoice("yes", text.agree), SelectChoice("no", text.refuse)],
        description=text.text,
    )


class ConsentForm(Form):
    """The consent questions; nothing is chosen beforehand."""

    recording = _question(_TEXTS[ConsentKind.RECORDING])
    ai = _question(_TEXTS[ConsentKind.AI])

    def answers(self) -> dict[ConsentKind, bool]:
        """Return what was answered."""
        return {kind: self[kind.value].data == "yes" for kind in ConsentKind}


class WishForm(Form):
    """What a candidate asks for: a button, or a question with words."""

    kind = SelectField("What", choices=[SelectChoice(kind.value, kind.value) for kind in RequestKind])
    material_id = IntegerField("Material", [Optional()])
    text = TextAreaField("Your question", [Length(max=TEXT_MAX, message=f"Shorten it to {TEXT_MAX} characters.")])

    def validate_text(self, field: TextAreaField) -> None:
        """Insist on words for a question; a button needs none."""
        if self.kind.data == RequestKind.QUESTION and not field.data:
            raise ValidationError("Write your question first.")

    def wish(self) -> Wish:
        """Return the wish."""
        return Wish(RequestKind(self.kind.data), self.text.data or "", self.material_id.data)


class ReplyForm(Form):
    """What the team answers a candidate."""

    reply = StringField("Answer")
    counts = StringField("Count it as watched")  # a button


class HandCreditForm(Form):
    """Which material counts although the server did not observe it, and why."""

    material_id = SelectField("Material", coerce=int, validators=[InputRequired("Choose the material.")])
    reason = StringField(
        "Why it counts", description="Stays on the record, with your name. The candidate reads it too."
    )


class AccommodationForm(Form):
    """How the questions on the way are asked of one candidate."""

    kind = RadioField(
        "Questions on the way",
        [InputRequired("Choose one.")],
        choices=[
            SelectChoice("standard", "As for everybody: two minutes each"),
            SelectChoice(Accommodation.NO_TIMER.value, "Without a timer"),
            SelectChoice(Accommodation.FEWER.value, "Fewer: every second one"),
            SelectChoice(Accommodation.NONE.value, "None"),
        ],
    )

    def accommodation(self) -> Accommodation | None:
        """Return what was chosen; None for the standard."""
        return None if self.kind.data == "standard" else Accommodation(self.kind.data)
