"""Bytes to text, as files from Zoom, Teams, Notepad and old subtitle editors need it; what is no text is refused."""

import re

from interview.transcript.rules.segments import TranscriptRefused, WarningList

MAX_BYTES = 20 * 1024 * 1024  # an hour of word times as JSON is 6 MB
UTF16_NUL_SHARE = 0.05
BINARY_CONTROL_SHARE = 0.05

_BRING = "Upload the transcript as WebVTT (.vtt), SubRip (.srt), Word (.docx) or plain text (.txt)."
_VIDEO = "This is a video or audio file, not a transcript of it."
_IMAGE = "This is a picture, not text."
_ARCHIVE = "This is a packed archive; unpack it first."
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "This is a PDF."),
    (b"\x89PNG", _IMAGE),
    (b"\xff\xd8\xff", _IMAGE),
    (b"GIF8", _IMAGE),
    (b"II*\x00", _IMAGE),
    (b"MM\x00*", _IMAGE),
    (b"PK\x05\x06", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
    (b"\x1aE\xdf\xa3", _VIDEO),
    (b"ID3", _VIDEO),
    (b"OggS", _VIDEO),
    (b"fLaC", _VIDEO),
    (b"\xd0\xcf\x11\xe0", "This is an old Word or Office file; save it as .docx or plain text first."),
    (b"{\\rtf", "This is a rich text file; save it as .docx or plain text first."),
)
_MARKUP = re.compile(r"\s*<(?:!doctype\b|html\b|head\b|body\b|\?xml\b|tt\b|svg\b|!--)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def decode(data: bytes, warnings: WarningList) -> str:
    """Turn a file's bytes into text: BOM, UTF-8, UTF-16 by its NULs, cp1252 with a warning (TRANSCRIPTS section 2).

    Raises TranscriptRefused for what is empty, too large, another kind of file, markup or binary.
    """
    refuse_by_size(data)
    _refuse_by_signature(data)
    text = _as_text(data, warnings)
    if not text.strip("\x00\ufeff \t\r\n\f\v"):
        raise TranscriptRefused(f"The file holds no text. {_BRING}")
    if _MARKUP.match(text):
        raise TranscriptRefused(f"This is a web page (HTML) or an XML file, not a transcript. {_BRING}")
    if len(_CONTROL.findall(text)) > BINARY_CONTROL_SHARE * len(text):
        raise TranscriptRefused(f"This is a binary file, not text. {_BRING}")
    return text


def refuse_by_size(data: bytes) -> None:
    """Refuse what is empty or larger than any transcript; raises TranscriptRefused."""
    if not data:
        raise TranscriptRefused(f"The file is empty. {_BRING}")
    if len(data) > MAX_BYTES:
        raise TranscriptRefused(
            f"The file is larger than {MAX_BYTES // 2**20} MB; a transcript of a day is smaller. {_BRING}"
        )


def _refuse_by_signature(data: bytes) -> None:
    head = data[:64].lstrip()
    for signature, sentence in _SIGNATURES:
        if head.startswith(signature):
            raise TranscriptRefused(f"{sentence} {_BRING}")
    if head.startswith(b"PK\x03\x04"):
        raise TranscriptRefused(f"{_ARCHIVE} {_BRING}")
    if head[:4] == b"RIFF":
        raise TranscriptRefused(f"{_IMAGE if head[8:12] == b'WEBP' else _VIDEO} {_BRING}")
    if data[4:8] == b"ftyp":
        raise TranscriptRefused(f"{_VIDEO} {_BRING}")


def _as_text(data: bytes, warnings: WarningList) -> str:
    marked = _by_mark(data)
    if marked is not None:
        return marked
    data = data.removeprefix(b"\xef\xbb\xbf")
    wide = _wide_encoding(data)
    if wide and data.count(0) >= UTF16_NUL_SHARE * len(data):
        return _as_wide(data, wide, warnings)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if wide:
            return _as_wide(data, wide, warnings)
        line = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        warnings.add(
            line,
            "decoded_as_cp1252",
            "The file is not UTF-8; it was read as Windows Western (cp1252). Check accents and quotation marks.",
        )
        return data.decode("cp1252", "replace")


def _by_mark(data: bytes) -> str | None:
    for mark, encoding in (
        (b"\xff\xfe\x00\x00", "utf-32-le"),
        (b"\x00\x00\xfe\xff", "utf-32-be"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return None


def _wide_encoding(data: bytes) -> str | None:
    """Say which UTF-16 the NULs point to: Latin letters and line ends have theirs all on one side of the pair."""
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if odd > 20 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 20 * odd else None


def _as_wide(data: bytes, encoding: str, warnings: WarningList) -> str:
    warnings.add(
        1, "decoded_as_utf16", "The file has no encoding mark; it was read as UTF-16 because of its zero bytes."
    )
    return data.decode(encoding, "replace")
