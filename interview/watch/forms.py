"""Forms of material: strings and files into MaterialText, cues and ranges. Knows no database."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from interview.errors import Refusal
from interview.watch.rules.addresses import Address, read_address
from interview.watch.rules.captions import MAX_BYTES, Cue, read_captions
from interview.watch.rules.lengths import read_length
from interview.watch.rules.material import KIND_WORDS, TITLE_MAX, Kind, MaterialText
from interview.web.forms import Form

_CAPTIONS_HINT = "A WebVTT file (.vtt). Candidates read them as captions and as a transcript."


ASKS_AGAIN = "Ask everybody again"
ASKS_AGAIN_HINT = (
    "Whoever had finished the old version must watch the new one too. Without it their completion stays valid. "
    "What was counted by hand stays counted."
)


class SentenceForm(Form):
    """A form that takes a refusal of the service as its own error."""

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal at the field it names, or above the form."""
        placed = [name for name in refusal.fields if name in self]
        for name in placed:
            self[name].errors = [refusal.fields[name]]
        if not placed:
            self.form_errors.append(refusal.sentence)


class TextForm(SentenceForm):
    """What is said about material."""

    title = StringField("Title", [DataRequired("Give the material a title."), Length(max=TITLE_MAX)])
    kind = SelectField(
        "Kind", choices=[SelectChoice(value=kind.value, label=words) for kind, words in KIND_WORDS.items()]
    )
    required = BooleanField("Required before the pitch, where the job's gate asks for it", default=True)
    need_pct = IntegerField(
        "Needed coverage, in %",
        [InputRequired("Enter a number from 50 to 100."), NumberRange(50, 100, "Enter a number from 50 to 100.")],
        default=95,
        description="Never may more than a minute be missing, nor more than 15 seconds in one piece.",
    )

    def text(self) -> MaterialText:
        """Return what was entered. Raises Invalid."""
        return MaterialText(
            title=self.title.data or "",
            kind=Kind(self.kind.data),
            required=bool(self.required.data),
            need_permille=10 * (self.need_pct.data or 0),
        )


class CaptionsForm(SentenceForm):
    """New captions."""

    captions = FileField("Captions", [FileRequired("Choose a WebVTT file.")], description=_CAPTIONS_HINT)

    def cues(self) -> tuple[Cue, ...]:
        """Return the cues of the uploaded captions, none without a file. Raises Invalid."""
        return read_captions(self.captions.data.stream.read(MAX_BYTES + 1)) if self.captions.data else ()


class FilmForm(CaptionsForm):
    """A new version of the film, with or without new captions."""

    film = FileField(
        "Film",
        [FileRequired("Choose an MP4 or WebM file.")],
        description="MP4 or WebM; or an HLS rendition, its whole folder as a ZIP.",
    )
    in_segments = BooleanField(
        "Deliver in segments, so that delivery is logged",
        description="The film is cut into parts of about six seconds, and it is kept which of them each candidate was "
        "sent: evidence of delivery, not of watching. A ZIP is delivered so in any case.",
    )
    captions = FileField(
        "New captions",
        id="new-captions",
        description="WebVTT. Without a file the captions of the last version are kept.",
    )

    def stream(self) -> BinaryIO:
        """Return the uploaded film's bytes."""
        return cast(BinaryIO, self.film.data.stream)


class VersionForm(FilmForm):
    """A new version of a film in the place of the old one."""

    asks_again = BooleanField(ASKS_AGAIN, description=ASKS_AGAIN_HINT)


class UploadForm(TextForm, FilmForm):
    """New material: what it is, the film and its captions."""

    captions = FileField("Captions", description=_CAPTIONS_HINT)


class EditForm(TextForm):
    """What is said about material, and what of the film does not count."""

    excluded = StringField(
        "Does not count",
        description="Ranges such as a title or credits: 0:00-0:12, 4:10-4:20. Empty: everything counts.",
    )


class PlaceForm(CaptionsForm):
    """Where material lies, with the length that a person read there, and captions if they are at hand."""

    address = StringField(
        "Address",
        [DataRequired("Paste the address of the film or the recording.")],
        description="Of a film on YouTube, Vimeo or Wistia, or of any page, such as a Zoom recording.",
    )
    length = StringField(
        "Length",
        [DataRequired("Enter how long it is, such as 41:30.")],
        description="Minutes and seconds as shown there, such as 41:30, or with hours: 1:02:03.",
    )
    confirmed = BooleanField(
        "I have looked: this is its length", [DataRequired("Look at the length where the film lies, then tick this.")]
    )
    captions = FileField("Captions", description=_CAPTIONS_HINT)

    def place(self) -> tuple[Address, int]:
        """Return what the address is and the confirmed length in milliseconds. Raises Invalid."""
        return read_address(self.address.data or ""), read_length(self.length.data or "")


class AddressForm(TextForm, PlaceForm):
    """New material that lies elsewhere."""

    required = BooleanField(
        "Required before the pitch, where the job's gate asks for it",
        description="Films need captions for that; a plain link needs a question bank about it, so require it later.",
    )


class ReplaceForm(PlaceForm):
    """An address in the place of what there is."""

    captions = FileField("New captions", description="WebVTT. Without a file the captions there are kept.")
    asks_again = BooleanField(ASKS_AGAIN, description=ASKS_AGAIN_HINT)
