"""Uploads on their way in: spooled to DATA_DIR, not to the system's temporary folder, and refused before the disk ends.

Knows folders and bytes; what a file is, the rooms decide.
"""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from typing import IO

from flask import Request, current_app

from interview.errors import StorageFull

IN_MEMORY_BYTES = 500_000
RESERVE_BYTES = 64_000_000


class UploadRequest(Request):
    """A request whose large parts go to unnamed files in DATA_DIR: gone when the request ends, however it ends."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        expected_bytes = content_length or total_content_length
        if expected_bytes is not None and expected_bytes <= IN_MEMORY_BYTES:
            return BytesIO()
        folder = current_app.extensions["pitchproof"].settings.data_dir / "uploads"
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < RESERVE_BYTES + 2 * (expected_bytes or 0):
            raise StorageFull(
                "The server's disk has no room for this file. Nothing was kept: ask your admin to make room."
            )
        return tempfile.TemporaryFile("w+b", dir=folder)
