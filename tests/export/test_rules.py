"""Cells and files: text never runs, nothing is cut in silence, every cell comes back as it was."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from interview.errors import TooLarge
from interview.export.rules import files, tables
from interview.export.rules.cells import Cell, csv_cell, defused, instant, json_cell, whole, xlsx_text
from interview.export.rules.files import Format, table_file
from interview.export.rules.tables import Column, Table

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "data" / "badinput" / "csv" / "csv_formula_payloads.json"
OWN = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\u202e=1",
       "＝1", "＋1", "－1", "＠SUM(1)", "a\n=1", "a\r\n=1", "a\r =1", "=\x00cmd|x", "\x00=1"]  # fmt: skip
HARMLESS = ["", "Ada", "a=b", "1-2", "mail@example.org", "x\ny", "«=»", "5 %", "'quoted'", "2026-01-01", "00012"]
TRIGGERS = set("=+-@＝＋－＠")
ROW: tuple[Cell, ...] = ("=1+1", 4, 3.5, datetime(2026, 3, 2, 12, 0, 5, tzinfo=timezone(timedelta(hours=2))), None)
TABLE = Table("ratings", "rows", tuple(Column(name, name) for name in ("text", "whole", "part", "at", "nothing")))


def payloads() -> list[str]:
    """The shared corpus where it lies beside the clone, and what we know to be dangerous in any case."""
    return OWN + (json.loads(PAYLOADS.read_text()) if PAYLOADS.exists() else [])


def runs(text: str) -> bool:
    """Say whether a spreadsheet could take some line of this text for a formula."""
    for line in text.replace("\r", "\n").split("\n"):
        seen = [char for char in line if not char.isspace() and unicodedata.category(char) not in {"Cf", "Cc"}]
        if seen and seen[0] in TRIGGERS:
            return True
    return text[:1] in {"\t", "\r", "\n", "\0"}


@pytest.mark.parametrize("payload", payloads())
def test_no_payload_runs_and_only_apostrophes_are_added(payload: str) -> None:
    safe = defused(payload)
    assert not runs(safe)
    assert safe.replace("'", "") == payload.replace("'", "")
    assert (safe == payload) is not runs(payload)


@given(st.text())
def test_no_text_runs(text: str) -> None:
    safe = defused(text)
    assert not runs(safe)
    assert safe.replace("'", "") == text.replace("'", "")
    assert defused(safe) == safe


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert defused(text) == text


def test_our_own_negative_numbers_stay_numbers() -> None:
    assert [csv_cell(cell) for cell in (-5, -0.5, None)] == [-5, -0.5, ""]


def test_text_that_utf8_cannot_carry_is_replaced() -> None:
    assert whole("a\ud800b") == "a\ufffdb"
    assert json_cell("a\udfff") == "a\ufffd"


def test_instants_are_utc() -> None:
    assert instant(ROW[3]) == "2026-03-02T10:00:05Z"  # type: ignore[arg-type]


def test_a_text_too_long_for_a_cell_says_so_and_is_not_cut_without_a_word() -> None:
    assert xlsx_text("x" * 32_767) == "x" * 32_767
    cut = xlsx_text("x" * 40_000)
    assert len(cut) == 32_767
    assert cut.endswith("the CSV and NDJSON exports have all 40000 characters]")
    emoji = xlsx_text("😀" * 20_000)
    assert len(emoji.encode("utf-16-le")) // 2 <= 32_767
    assert "[cut here" in emoji


def written(format_: Format, row: tuple[Cell, ...] = ROW) -> bytes:
    target = io.BytesIO()
    file = table_file(format_, target, [TABLE])
    file.add("ratings", row)
    file.finish([("made by", "=Mara"), ("note", "x")])
    return target.getvalue()


def test_csv_is_what_excel_opens(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(written(Format.CSV))) as archive:
        assert archive.namelist() == ["README.txt", "ratings.csv"]
        raw = archive.read("ratings.csv")
        assert archive.read("README.txt").decode("utf-8-sig") == "made by: =Mara\r\nnote: x\r\n"
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode("utf-8-sig") == (
        '"text","whole","part","at","nothing"\r\n"\'=1+1",4,3.5,"2026-03-02T10:00:05Z",""\r\n'
    )


def test_ndjson_is_for_programs_and_gets_no_apostrophes() -> None:
    schema, row, about = (json.loads(line) for line in written(Format.NDJSON).splitlines())
    assert (schema["schema"], list(schema["columns"]["ratings"])) == (tables.SCHEMA, list(TABLE.header))
    assert row == {
        "table": "ratings",
        "text": "=1+1",
        "whole": 4,
        "part": 3.5,
        "at": "2026-03-02T10:00:05Z",
        "nothing": None,
    }
    assert about == {"table": "about", "made by": "=Mara", "note": "x"}


def test_a_workbook_holds_text_as_text_and_numbers_as_numbers() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(Format.XLSX)))
    assert book.sheetnames == ["README", "ratings"]
    cells = list(book["ratings"])[1]
    assert [(cell.value, cell.data_type) for cell in cells] == [
        ("=1+1", "s"),
        (4, "n"),
        (3.5, "n"),
        (datetime(2026, 3, 2, 10, 0, 5), "d"),  # noqa: DTZ001 (a workbook knows no zones; the README says UTC)
        (None, "n"),
    ]
    assert book["README"]["B1"].value == "=Mara"
    assert book["README"]["B1"].data_type == "s"


@pytest.mark.parametrize(
    "payload", [*payloads(), "_x0041_", " lead", "<b>&amp;", "http://example.org", "\x0b\x7f\ufffe"]
)
def test_every_payload_comes_back_from_every_file(payload: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(Format.XLSX, (payload, 1, 1.0, None, None))))
    cell = book["ratings"]["A2"]
    assert (unescape(cell.value), cell.data_type) == (xlsx_text(payload), "s")
    with zipfile.ZipFile(io.BytesIO(written(Format.CSV, (payload, 1, 1.0, None, None)))) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("ratings.csv").decode("utf-8-sig"), newline="")))
    assert rows[1] == [defused(payload), "1", "1.0", "", ""]
    line = written(Format.NDJSON, (payload, 1, 1.0, None, None)).splitlines()[1]
    assert json.loads(line)["text"] == payload


def test_a_full_sheet_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SHEET_ROWS_MAX", 2)
    file = table_file(Format.XLSX, io.BytesIO(), [TABLE])
    file.add("ratings", ROW)
    with pytest.raises(TooLarge, match="Choose CSV or NDJSON"):
        file.add("ratings", ROW)
    file.finish([])


def test_every_column_says_what_it_holds() -> None:
    found = tables.all_tables([("discovery", "Discovery")])
    assert [table.name for table in found] == ["candidates", "scorecards", "ratings", "evidence"]
    assert all(column.name and column.says for table in found for column in table.columns)
    assert all(len(set(table.header)) == len(table.header) for table in found)
    assert "mean_discovery" in found[0].header
