"""The form of a sample pitch. Knows no database; a card's fields are those of a scorecard."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired

from interview.calibration.rules import SampleText
from interview.errors import Invalid
from interview.web.forms import Form


class SampleForm(Form):
    """A sample pitch: its transcript, and who agrees on its gold ratings."""

    title = StringField("Title", [InputRequired("Give the sample a title.")])
    file = FileField(
        "Transcript",
        [FileRequired("Choose the transcript of the pitch.")],
        description=(
            "WebVTT, SubRip or plain text. Take an invented pitch, or one whose speaker agreed to it, without names."
        ),
    )
    experts = TextAreaField(
        "Experts who agree on the gold ratings",
        [InputRequired("Name the experts, one a line.")],
        description="At least two, one a line. They rate alone first, then talk until they agree.",
    )
    is_warm_up = BooleanField("Warm-up", description="Rated first to get used to the anchors, and not counted.")

    def text(self) -> SampleText:
        """Return what was entered."""
        return SampleText(self.title.data or "", self.experts.data or "", bool(self.is_warm_up.data))

    def show_faults(self, refusal: Invalid) -> None:
        """Put a refusal's sentences at their fields; one about the transcript alone at the file."""
        for name, sentence in (refusal.fields or {"file": refusal.sentence}).items():
            self[name].errors = [sentence]
