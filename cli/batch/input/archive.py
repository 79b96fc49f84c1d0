"""A zip archive that holds one table: its bytes, unpacked as they are read."""

from __future__ import annotations

import os
import zipfile
import zlib
from typing import BinaryIO

from backprop.cli.batch.input.unpacking import Damaged
from backprop.cli.status import Failure

ENCRYPTED = 1  # a bit of a member's flags
SHOWN = 10  # members in one error
WORKBOOKS = ("xl/workbook.xml", "content.xml")  # what Excel's and OpenDocument's hold: both are zip archives
OF_THE_SYSTEM = ("__MACOSX/", ".DS_Store")


class Member:
    """The one table that an archive holds. Raises Failure, and Damaged where it cannot be unpacked."""

    def __init__(self, file: BinaryIO | None, name: str) -> None:
        if file is None:
            raise Failure(f"{name}: a zip archive is read from a file", "save it first, or unpack it: funzip")
        self._file = file
        try:
            archive = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, OSError, ValueError):
            raise Failure(
                f"{name}: it is a damaged zip archive, or the beginning of one: it has no table of contents",
                "zip -FF repairs some",
            ) from None
        tables = [member for member in archive.infolist() if not member.is_dir() and not in_passing(member.filename)]
        names = [member.filename for member in tables]
        if any(workbook in names for workbook in WORKBOOKS):
            raise Failure(f"{name}: it is a workbook, not a text", "save the sheet as CSV")
        if len(tables) != 1:
            shown = ", ".join(names[:SHOWN]) + f" and {len(names) - SHOWN} more" * (len(names) > SHOWN)
            holds = f"{len(names)} files: {shown}" if names else "no file"
            raise Failure(
                f"{name}: the zip archive holds {holds}", "give one: unzip -p ARCHIVE FILE | backprop batch ..."
            )
        if tables[0].flag_bits & ENCRYPTED:
            raise Failure(f"{name}: {names[0]} in it is encrypted", "unpack it first: unzip asks for the password")
        try:
            self._stream = archive.open(tables[0])
        except (NotImplementedError, RuntimeError, zipfile.BadZipFile, OSError) as error:
            said = " ".join(str(error).split())
            raise Failure(f"{name}: {names[0]} in it cannot be read: {said}", "unpack it first, with unzip") from None

    @property
    def consumed(self) -> int:
        """How far the archive is read, in bytes."""
        return self._file.tell()

    def read(self, most: int) -> bytes:
        """At most so many bytes of the table, at least one unless it has ended. Raises Damaged."""
        try:
            return self._stream.read(most)
        except EOFError:
            raise Damaged("it is truncated: the zip data ends in the middle") from None
        except (zipfile.BadZipFile, zlib.error, OSError) as error:
            raise Damaged(f"it is damaged: {' '.join(str(error).split()).lower()}") from None


def in_passing(name: str) -> bool:
    """Whether a program put the file there by itself."""
    return name.startswith(OF_THE_SYSTEM[0]) or os.path.basename(name) == OF_THE_SYSTEM[1]
