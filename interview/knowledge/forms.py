"""The forms of the knowledge check: settings, questions, a candidate's answers. Knows no database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wtforms import IntegerField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Optional

from interview.errors import Invalid
from interview.knowledge.rules import MOST_OPTIONS, CheckSettings, QuestionText, clock_of_moment, moment_from_clock
from interview.web.forms import Form

_WHOLE = "Enter a whole number."


class SettingsForm(Form):
    """How a job's check runs."""

    draw_count = IntegerField(
        "Questions in an attempt",
        [InputRequired(_WHOLE)],
        description="Drawn at random, from every topic. 0 means that this job has no knowledge check.",
    )
    needed_pct = IntegerField("Share of right answers needed, in percent", [InputRequired(_WHOLE)])
    attempts_count = IntegerField("Attempts allowed", [Optional()], description="Leave it empty for as many as wanted.")
    wait_min = IntegerField(
        "Wait between attempts, in minutes",
        [InputRequired(_WHOLE)],
        description="Time to watch the parts again. 0 means none.",
    )

    @classmethod
    def of(cls, settings: CheckSettings) -> SettingsForm:
        """Return the form filled with settings."""
        return cls(
            draw_count=settings.draw_count,
            needed_pct=settings.needed_pct,
            attempts_count=settings.attempts_count,
            wait_min=settings.wait_min,
        )

    def settings(self) -> CheckSettings:
        """Return what was entered."""
        return CheckSettings(self.draw_count.data, self.needed_pct.data, self.attempts_count.data, self.wait_min.data)


class QuestionForm(Form):
    """A question of the bank."""

    topic = StringField(
        "Topic", [InputRequired("Name the topic.")], description="Draws take from every topic, so name few of them."
    )
    prompt = TextAreaField("Question", [InputRequired("Write the question.")])
    right = RadioField(
        "Options",
        choices=[SelectChoice(str(row), f"Option {row + 1} is right") for row in range(MOST_OPTIONS)],
        validators=[InputRequired("Choose which option is right.")],
        description="Two to six; three are enough. Choose the right one. Candidates see them shuffled.",
    )
    option_0 = StringField("Option 1")
    option_1 = StringField("Option 2")
    option_2 = StringField("Option 3")
    option_3 = StringField("Option 4")
    option_4 = StringField("Option 5")
    option_5 = StringField("Option 6")
    material_id = SelectField(
        "Material that explains it", default="", description="Who answers otherwise is led there."
    )
    moment = StringField("Moment in it", description="Minutes and seconds, such as 04:10.")

    def with_materials(self, titles: Mapping[int, str]) -> QuestionForm:
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
    def of(cls, text: QuestionText) -> QuestionForm:
        """Return the form filled with a question."""
        options: dict[str, Any] = {f"option_{row}": option for row, option in enumerate(text.options)}
        return cls(
            topic=text.topic,
            prompt=text.prompt,
            right=str(text.right),
            material_id="" if text.material_id is None else str(text.material_id),
            moment="" if text.moment_ms is None else clock_of_moment(text.moment_ms),
            **options,
        )

    @property
    def option_fields(self) -> list[Any]:
        """Return the fields of the options, in order."""
        return [self[f"option_{row}"] for row in range(MOST_OPTIONS)]

    def validate_moment(self, field: StringField) -> None:
        """Refuse what is not a time."""
        try:
            moment_from_clock(field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def text(self) -> QuestionText:
        """Return what was entered; empty options are left out."""
        rows = {row: field.data for row, field in enumerate(self.option_fields) if field.data}
        right = int(self.right.data)
        return QuestionText(
            topic=self.topic.data,
            prompt=self.prompt.data,
            options=tuple(rows.values()),
            right=list(rows).index(right) if right in rows else -1,
            material_id=int(self.material_id.data) if self.material_id.data else None,
            moment_ms=moment_from_clock(self.moment.data or ""),
        )


def show_faults(form: Form, refusal: Invalid) -> None:
    """Put a refusal's sentences at their fields; `options` stands at the first of them."""
    for name, sentence in refusal.fields.items():
        form["right" if name == "options" else name].errors = [sentence]


def read_answers(fields: Mapping[str, object]) -> dict[int, int]:
    """Read answers: the field `q-3` holds the place of the option chosen for question 3. Raises Invalid."""
    answers = {}
    for name, value in fields.items():
        if not name.startswith("q-"):
            continue
        if not re.fullmatch(r"q-[0-9]{1,3}", name) or not re.fullmatch(r"[0-9]{1,2}", str(value)):
            raise Invalid("An answer was sent in a way no page of ours does. Reload the page and answer again.")
        answers[int(name[2:])] = int(str(value))
    return answers
