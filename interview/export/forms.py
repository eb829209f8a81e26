"""The form of an export: strings into a wish. Knows no database."""

from __future__ import annotations

from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from interview.export.rules.files import Format
from interview.export.service import Wish
from interview.hiring.rules import Stage
from interview.web.forms import Form

FORMAT_WORDS = {
    Format.XLSX: "Excel workbook (XLSX): a sheet for each table",
    Format.CSV: "CSV: a zip with a file for each table",
    Format.NDJSON: "NDJSON: for programs, one line for each row",
    Format.XAPI: "xAPI: what was observed of watching, for a learning record store",
}
WHICH: dict[str, tuple[str, tuple[Stage, ...]]] = {
    "all": ("Every candidate of this job", ()),
    "pitched": ("Candidates who have pitched", (Stage.PITCHED, Stage.SCORED, Stage.DECIDED)),
    "decided": ("Candidates about whom is decided", (Stage.DECIDED,)),
}


class ExportForm(Form):
    """Which candidates, as which kind of file."""

    which = SelectField(
        "Candidates", choices=[SelectChoice(value=key, label=words) for key, (words, _) in WHICH.items()]
    )
    format = RadioField(
        "File",
        [InputRequired("Choose a kind of file.")],
        choices=[SelectChoice(value=one.value, label=words) for one, words in FORMAT_WORDS.items()],
        default=Format.XLSX.value,
    )

    def wish(self) -> Wish:
        """Return what was chosen; only after the form was found valid."""
        return Wish(Format(self.format.data), WHICH[self.which.data][1])
