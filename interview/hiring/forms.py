"""The forms of hiring: strings into the room's own dataclasses. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from wtforms import (
    DateTimeLocalField,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError

from interview.access import Role
from interview.hiring import rules
from interview.hiring.rules import GATE_WORDS, TEMPLATES, Gate, SeatKind
from interview.hiring.service import JobText, Slot
from interview.web.forms import Form

TEXT_MAX = 20_000
YEARS = range(2000, 2101)


class NewJobForm(Form):
    """A new job: a title and the template to start from."""

    title = StringField("Title", [DataRequired("Enter the job's title."), Length(max=200)])
    template = RadioField(
        "Start from",
        choices=[SelectChoice(one.key, one.name) for one in TEMPLATES],
        default=TEMPLATES[0].key,
        description="Everything can be changed afterwards.",
    )

    def text(self, contact: str) -> JobText:
        """Return the job's first text."""
        chosen = next(one for one in TEMPLATES if one.key == self.template.data)
        return JobText(
            title=self.title.data,
            brief=chosen.brief,
            buyer_persona=chosen.buyer_persona,
            questions=chosen.questions,
            contact=contact,
            gate=chosen.gate,
            pitch_min=chosen.pitch_min,
            scorecard_due_h=24,
        )


class JobForm(Form):
    """What is written on a job."""

    title = StringField("Title", [DataRequired("Enter the job's title."), Length(max=200)])
    brief = TextAreaField(
        "Brief for the candidate",
        [InputRequired("Tell candidates what they are asked to do."), Length(max=TEXT_MAX)],
        description="What to prepare, how long it takes, what is looked at. Candidates read exactly this.",
    )
    buyer_persona = TextAreaField(
        "Buyer persona", [Length(max=TEXT_MAX)], description="Whom the panel plays. Candidates do not see this."
    )
    questions = TextAreaField(
        "Questions of the panel",
        [Length(max=TEXT_MAX)],
        description="One a line; every candidate gets the same. Candidates do not see these.",
    )
    contact = StringField(
        "Contact for candidates", [Length(max=254)], description="An e-mail address or a name; candidates may ask."
    )
    gate = RadioField(
        "What the preparation does",
        choices=[SelectChoice(gate.value, words) for gate, words in GATE_WORDS.items()],
    )
    pitch_min = IntegerField(
        "Length of the pitch interview in minutes",
        [InputRequired("Enter the minutes."), NumberRange(5, 240, "Enter 5 to 240 minutes.")],
    )
    scorecard_due_h = IntegerField(
        "Scorecards are due, in hours after the interview",
        [InputRequired("Enter the hours."), NumberRange(1, 336, "Enter 1 to 336 hours.")],
    )

    def text(self) -> JobText:
        """Return what was entered."""
        return JobText(
            title=self.title.data,
            brief=self.brief.data,
            buyer_persona=self.buyer_persona.data or "",
            questions=self.questions.data or "",
            contact=self.contact.data or "",
            gate=Gate(self.gate.data),
            pitch_min=self.pitch_min.data,
            scorecard_due_h=self.scorecard_due_h.data,
        )


class CandidateForm(Form):
    """One candidate."""

    name = StringField("Name", [DataRequired("Enter the candidate's name."), Length(max=200)])
    email = StringField("E-mail address", [InputRequired("Enter an e-mail address.")])

    def validate_email(self, field: StringField) -> None:
        """Refuse what is not one e-mail address."""
        if not rules.is_email(field.data or ""):
            raise ValidationError("This is not an e-mail address.")


class ImportForm(Form):
    """A CSV of candidates."""

    file = FileField(
        "CSV file", description="The first line names the columns: name,email. Nothing is imported if a line is wrong."
    )


class TeamForm(Form):
    """A person's role on a job."""

    person_id = SelectField("Person", coerce=int)
    role = SelectField(
        "Role on this job",
        choices=[
            SelectChoice(Role.HIRING_MANAGER.value, "Hiring manager"),
            SelectChoice(Role.RECRUITER.value, "Recruiter"),
            SelectChoice(Role.INTERVIEWER.value, "Interviewer"),
        ],
        default=Role.INTERVIEWER.value,
    )


class SlotForm(Form):
    """When and where an interview takes place; the panel is read beside it."""

    starts_at = DateTimeLocalField(
        "Starts",
        [InputRequired("Enter the day and the time.")],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        description="In your own time zone.",
    )
    minutes = IntegerField(
        "Minutes", [InputRequired("Enter the minutes."), NumberRange(5, 480, "Enter 5 to 480 minutes.")]
    )
    place = StringField("Where", [Length(max=500)], description="A room, or the link of the call.")
    time_zone = HiddenField()

    def validate_starts_at(self, field: DateTimeLocalField) -> None:
        """Refuse a mistyped year; at the ends of the calendar no time zone can be reckoned."""
        if field.data and field.data.year not in YEARS:
            raise ValidationError(f"Enter a year from {YEARS[0]} to {YEARS[-1]}.")

    def slot(self, panel: dict[int, SeatKind]) -> Slot:
        """Return the slot as an instant in UTC; without a known zone the entered time is UTC."""
        known = self.time_zone.data in available_timezones()
        zone = ZoneInfo(self.time_zone.data) if known else UTC
        local: datetime = self.starts_at.data
        return Slot(
            starts_at=local.replace(tzinfo=zone).astimezone(UTC),
            minutes=self.minutes.data,
            place=self.place.data or "",
            panel=panel,
        )


def read_panel(sent: Mapping[str, str], person_ids: Iterable[int]) -> dict[int, SeatKind]:
    """Return person id -> kind of seat from fields named seat-<id>; an unknown kind is no seat."""
    panel = {}
    for person_id in person_ids:
        kind = sent.get(f"seat-{person_id}", "")
        if kind in set(SeatKind):
            panel[person_id] = SeatKind(kind)
    return panel
