"""The forms of preparation: strings into the room's own dataclasses. Knows no database."""

from __future__ import annotations

from wtforms import IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from interview.prep.rules import CONSENT_TEXTS, TEXT_MAX, ConsentKind, ConsentText, RequestKind
from interview.prep.service import Wish
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
