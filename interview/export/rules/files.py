"""Files of tables, written row by row: a zip of CSVs, a workbook, lines of JSON. Memory does not grow with the rows.

Each writes into a binary file it is given; `finish` adds what the file says about itself and closes its own parts."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from tempfile import TemporaryFile
from typing import BinaryIO, Protocol, TextIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from interview.errors import TooLarge
from interview.export.rules.cells import Cell, csv_cell, json_cell, whole, xlsx_text
from interview.export.rules.tables import SCHEMA, Table

About = Sequence[tuple[str, str]]
SHEET_ROWS_MAX = 1_048_576
_COPY_BYTES = 1 << 20


class Format(StrEnum):
    """What an export is written as."""

    XLSX = "xlsx"
    CSV = "csv"
    NDJSON = "ndjson"
    XAPI = "xapi"  # no tables: see xapi.py


SUFFIX: Mapping[Format, str] = {
    Format.XLSX: "xlsx",
    Format.CSV: "zip",
    Format.NDJSON: "ndjson",
    Format.XAPI: "xapi.json",
}
MEDIA_TYPE: Mapping[Format, str] = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "application/zip",
    Format.NDJSON: "application/x-ndjson",
    Format.XAPI: "application/json",
}


class TableFile(Protocol):
    """A file that takes rows of several tables in any order."""

    def add(self, table: str, row: Sequence[Cell]) -> None:
        """Write one row."""

    def finish(self, about: About) -> None:
        """Write what the file says about itself, and end it."""


def table_file(format_: Format, target: BinaryIO, tables: Sequence[Table]) -> TableFile:
    """Return an empty file of a format; `target` stays open."""
    if format_ is Format.CSV:
        return CsvZip(target, tables)
    return Workbook(target, tables) if format_ is Format.XLSX else JsonLines(target, tables)


class CsvZip:
    """One CSV a table (UTF-8 with BOM, CRLF, text quoted and defused) and README.txt, in one zip."""

    def __init__(self, target: BinaryIO, tables: Sequence[Table]) -> None:
        self.target, self.tables = target, tables
        self._parts: dict[str, TextIO] = {}
        self._writers = {}
        with ExitStack() as opened:
            for table in tables:
                part = opened.enter_context(TemporaryFile("w+", encoding="utf-8-sig", newline=""))
                writer = csv.writer(part, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
                writer.writerow(table.header)
                self._parts[table.name], self._writers[table.name] = part, writer
            self._opened = opened.pop_all()

    def add(self, table: str, row: Sequence[Cell]) -> None:
        """Write one row."""
        self._writers[table].writerow([csv_cell(cell) for cell in row])

    def finish(self, about: About) -> None:
        """Put the tables and the README into the zip."""
        with self._opened, zipfile.ZipFile(self.target, "w", zipfile.ZIP_DEFLATED) as archive:
            lines = [f"{name}: {says}" if name else says for name, says in about]
            archive.writestr("README.txt", whole("\r\n".join(lines) + "\r\n").encode("utf-8-sig"))
            for name, part in self._parts.items():
                part.flush()
                raw = part.buffer  # the bytes below the text
                raw.seek(0)
                with archive.open(f"{name}.csv", "w", force_zip64=True) as entry:
                    while chunk := raw.read(_COPY_BYTES):
                        entry.write(chunk)


class Workbook:
    """One sheet a table behind a README sheet; text is text, never a formula or a link; instants are UTC."""

    def __init__(self, target: BinaryIO, tables: Sequence[Table]) -> None:
        self._book = xlsxwriter.Workbook(
            target,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._head = self._book.add_format({"bold": True, "bottom": 1})
        self._instant = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._wrap = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._readme = self._book.add_worksheet("README")
        self._sheets = {table.name: self._sheet(table) for table in tables}
        self._next = dict.fromkeys(self._sheets, 1)

    def _sheet(self, table: Table) -> xlsxwriter.worksheet.Worksheet:
        sheet = self._book.add_worksheet(table.name)
        sheet.set_column(0, len(table.header) - 1, 18)
        sheet.freeze_panes(1, 0)
        for number, name in enumerate(table.header):
            sheet.write_string(0, number, name, self._head)
        return sheet

    def add(self, table: str, row: Sequence[Cell]) -> None:
        """Write one row. Raises TooLarge where a sheet is full."""
        sheet, at = self._sheets[table], self._next[table]
        if at >= SHEET_ROWS_MAX:
            raise TooLarge(f"A sheet holds {SHEET_ROWS_MAX:,} rows, and “{table}” has more. Choose CSV or NDJSON.")
        self._next[table] = at + 1
        for number, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(at, number, cell.astimezone(UTC).replace(tzinfo=None), self._instant)
            elif isinstance(cell, int | float):
                sheet.write_number(at, number, cell)
            elif cell:
                sheet.write_string(at, number, xlsx_text(cell))

    def finish(self, about: About) -> None:
        """Write the README sheet and close the workbook."""
        self._readme.set_column(0, 0, 28)
        self._readme.set_column(1, 1, 100)
        for number, (name, says) in enumerate(about):
            self._readme.write_string(number, 0, xlsx_text(name), self._head)
            self._readme.write_string(number, 1, xlsx_text(says), self._wrap)
        try:
            self._book.close()
        except FileCreateError as problem:  # the library hides which error of the disk it was
            raise (problem.__context__ or problem) from None


class JsonLines:
    """One JSON object a line, for programs: the first describes the export, each further one is a row of a table."""

    def __init__(self, target: BinaryIO, tables: Sequence[Table]) -> None:
        self._target = target
        self._headers = {table.name: table.header for table in tables}
        columns = {table.name: {column.name: column.says for column in table.columns} for table in tables}
        self._line({"table": "schema", "schema": SCHEMA, "columns": columns})

    def _line(self, value: Mapping[str, object]) -> None:
        self._target.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def add(self, table: str, row: Sequence[Cell]) -> None:
        """Write one row."""
        cells = {name: json_cell(cell) for name, cell in zip(self._headers[table], row, strict=True)}
        self._line({"table": table, **cells})

    def finish(self, about: About) -> None:
        """Write what the export says about itself as the last line."""
        self._line({"table": "about", **{whole(name): whole(says) for name, says in about if name}})
