"""The form of one fact. Knows no database."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from interview.errors import Invalid
from interview.factsheet.rules import FACT_WORDS, FactKind, FactText
from interview.knowledge.rules import clock_of_moment, moment_from_clock
from interview.web.forms import Form


class FactForm(Form):
    """A fact of the product, how much it matters, and where it is said."""

    words = TextAreaField("Fact", [InputRequired("Write the fact.")])
    kind = RadioField(
        "How much it matters",
        choices=[SelectChoice(kind.value, words) for kind, words in FACT_WORDS.items()],
        default=FactKind.MUST_KNOW.value,
        validators=[InputRequired("Choose how much it matters.")],
    )
    material_id = SelectField("Material that says it", default="")
    moment = StringField("Moment in it", description="Minutes and seconds, such as 04:10.")

    def with_materials(self, titles: Mapping[int, str]) -> FactForm:
        """Offer the job's materials; one that is chosen and gone stays chosen."""
        offered = {str(number): title for number, title in titles.items()}
        if self.material_id.data and self.material_id.object_data == self.material_id.data:
            offered.setdefault(self.material_id.data, f"Material {self.material_id.data}")
        self.material_id.choices = [
            SelectChoice("", "None"),
            *(SelectChoice(key, title) for key, title in offered.items()),
        ]
        return self

    @classmethod
    def of(cls, text: FactText) -> FactForm:
        """Return the form filled with a fact."""
        return cls(
            words=text.words,
            kind=text.kind.value,
            material_id="" if text.material_id is None else str(text.material_id),
            moment="" if text.moment_ms is None else clock_of_moment(text.moment_ms),
        )

    def validate_moment(self, field: StringField) -> None:
        """Refuse what is not a time."""
        try:
            moment_from_clock(field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def text(self) -> FactText:
        """Return what was entered."""
        return FactText(
            kind=FactKind(self.kind.data),
            words=self.words.data,
            material_id=int(self.material_id.data) if self.material_id.data else None,
            moment_ms=moment_from_clock(self.moment.data or ""),
        )


def show_faults(form: FactForm, refusal: Invalid) -> None:
    """Put a refusal's sentences at their fields."""
    for name, sentence in refusal.fields.items():
        form[name].errors = [sentence]
