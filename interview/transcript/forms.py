"""The forms of transcripts: a file, and who each of its speakers is. Knows no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_wtf.file import FileField, FileRequired
from wtforms import TextAreaField

from interview.errors import Invalid
from interview.transcript.rules.speakers import Speaker, speaker_of_key
from interview.web.forms import Form


class UploadForm(Form):
    """A transcript file."""

    file = FileField(
        "Transcript file",
        [FileRequired("Choose the transcript file.")],
        description=(
            "From Zoom, Teams, Google Meet, Otter, Fireflies, Gong, YouTube or a transcription service: WebVTT, "
            "SubRip, SBV, Word (.docx), JSON or plain text, up to 20 MB. "
            "It is recognised by what is in it, not by its name."
        ),
    )


class CorrectionForm(Form):
    """What was said in a passage, as the candidate heard it."""

    words = TextAreaField("What was said here", filters=[lambda written: written or ""])


def chosen_labels(labels: Sequence[str], fields: Mapping[str, str]) -> list[str]:
    """Read which labels are ticked: the field `chosen-0` belongs to labels[0]."""
    return [label for index, label in enumerate(labels) if fields.get(f"chosen-{index}")]


def read_speakers(labels: Sequence[str], fields: Mapping[str, str]) -> dict[str, Speaker | None]:
    """Read who each label is: the field `speaker-0` belongs to labels[0]. Raises Invalid for words no page sends."""
    try:
        return {
            label: speaker_of_key(fields[f"speaker-{index}"])
            for index, label in enumerate(labels)
            if f"speaker-{index}" in fields
        }
    except ValueError:
        raise Invalid("One of the speakers was sent in a way no page of ours does. Reload the page.") from None
