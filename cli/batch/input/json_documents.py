"""JSON as it comes, in pieces: the objects of arrays and of documents one after the other, each as a line of NDJSON.

Only what is between objects is read here; what an object holds is the reader's of NDJSON. Brackets are counted for many
objects at once, outside of strings, as in Langdale and Lemire, Parsing Gigabytes of JSON per Second (2019). Memory is
that of one piece and one object.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.input.blocks import LONGEST
from backprop.cli.batch.input.unpacking import Damaged

QUOTE, BACKSLASH, BLANK, FEED, RETURN = b'"\\ \n\r'
OPENING, CLOSING = b"{[", b"}]"
BETWEEN = re.compile(rb'\s*(,|"(?:[^"\\]|\\.)*"|[^\s,"]+|")', re.DOTALL)
SHOWN = 20  # characters
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[np.int64]]


class Structure(NamedTuple):
    """The brackets outside of strings: their places, what each adds to the depth, the depth behind each.

    `text` is what they were found in, without line ends outside of strings; what must not be in one stays wrong.
    """

    text: bytes
    places: Places
    steps: Places
    depths: Places

    def ends(self, depth: int) -> Places:
        """Which of them close something of that depth."""
        return np.flatnonzero((self.depths == depth) & (self.steps < 0))


class JsonDocuments:
    """Makes lines of NDJSON of documents: arrays of objects, and objects with or without blanks between them."""

    def __init__(self) -> None:
        self._buffer = b""  # begins between rows
        self._pieces: list[bytes] = []  # behind the buffer: joined to it one by one they would be copied for each
        self._size = 0  # bytes of both
        self._least = 0  # of them that are worth another look
        self._given = 0  # bytes before the buffer
        self._lines = 0  # line ends in them
        self._is_array = False
        self._is_empty = self._awaits_comma = False  # of the array: no row yet, or behind a row
        self._has_begun = False
        self._damage: Damaged | None = None

    def recoded(self, data: bytes, *, is_last: bool) -> bytes:
        """The lines of all objects that are whole by now. Raises Damaged after everything before it was given."""
        if self._damage is not None:
            raise self._damage
        self._pieces.append(data)
        self._size += len(data)
        if self._size < self._least and not is_last:
            return b""
        self._buffer = b"".join([self._buffer, *self._pieces])
        self._pieces.clear()
        if not self._given and self._buffer.startswith(codecs.BOM_UTF8):
            self._advance(len(codecs.BOM_UTF8))
        rows: list[bytes] = []
        has_line_ends = b"\n" in self._buffer or b"\r" in self._buffer
        try:
            self._advance(self._take(structure_of(self._buffer), rows))
            if is_last:
                self._finish()
            elif len(self._buffer) > LONGEST:
                raise self._wrong(0, f"a row is longer than {LONGEST >> 20} MiB")
        except Damaged as damage:
            self._damage = damage
            if not rows:
                raise
        self._size = len(self._buffer)
        self._least = 2 * self._size  # a long row is not looked at again for every piece
        lines = b"\n".join([*rows, b""])
        return with_single_blanks(lines) if has_line_ends else lines

    def _advance(self, position: int) -> None:
        self._lines += self._buffer.count(b"\n", 0, position)
        self._given += position
        self._buffer = self._buffer[position:]

    def _take(self, found: Structure, rows: list[bytes]) -> int:
        """Add all rows that are whole; how far the buffer is read."""
        places, steps = found.places, found.steps
        level = -1 if self._is_array else 0  # the depth of documents, where the buffer begins with 0
        document_ends, row_ends = found.ends(level), found.ends(level + 1)
        marks = np.frombuffer(found.text, np.uint8)[places]
        arrays = np.flatnonzero((marks == ord("[")) & (found.depths == level + 1) & (steps > 0))
        position = index = 0
        while index < len(places):
            place = int(places[index])
            is_array = self._is_array
            if not is_array and (steps[index] < 0 or marks[index] == ord("[")):
                self._check_blank(found.text, position, place)
                self._begin_array(place, is_opening=bool(steps[index] > 0))
                position, index = place + 1, index + 1
                continue
            limits, ends = (document_ends, row_ends) if is_array else (arrays, document_ends)
            limit = next(iter(limits[np.searchsorted(limits, index) :][:1].tolist()), len(places))
            whole = ends[np.searchsorted(ends, index) : np.searchsorted(ends, limit)]
            starts = np.append(index, whole[:-1] + 1)[: len(whole)]
            firsts, behind = places[starts].tolist(), (places[whole] + 1).tolist()
            gaps = [found.text[end:first] for end, first in zip([position, *behind], firsts, strict=False)]
            if self._are_plain(gaps) and np.all(steps[starts] > 0):
                rows += [found.text[first:end] for first, end in zip(firsts, behind, strict=True)]
                self._awaits_comma = self._has_begun = True
            else:
                for gap, first, end in zip(gaps, firsts, behind, strict=False):
                    if is_array and (self._is_empty or gap.strip() != b","):
                        self._between(found.text, first - len(gap), first, rows, awaits="row")
                    elif not is_array:
                        self._check_blank(found.text, first - len(gap), first)
                    if found.text[first] in CLOSING:
                        raise self._wrong(first, f"{chr(found.text[first])!r} closes nothing")
                    rows.append(found.text[first:end])
                    self._is_empty, self._awaits_comma, self._has_begun = False, True, True
            if behind:
                position, index = behind[-1], int(whole[-1]) + 1
            if not is_array or index != limit or limit == len(places):
                if not len(whole):
                    break
                continue
            place = int(places[index])
            self._between(found.text, position, place, rows, awaits="end")
            if marks[index] != ord("]"):
                raise self._wrong(place, "expected ']' at the end of the array")
            self._is_array = False
            position, index = place + 1, index + 1
        return position

    def _are_plain(self, gaps: list[bytes]) -> bool:
        """Whether nothing but a comma is before each row of an array that has some, nothing before each document."""
        return not self._is_empty and {gap.strip() for gap in gaps} == {b"," if self._is_array else b""}

    def _begin_array(self, place: int, *, is_opening: bool) -> None:
        if not is_opening:
            raise self._wrong(place, f"{chr(self._buffer[place])!r} closes nothing")
        self._is_array, self._is_empty, self._awaits_comma = True, True, False
        self._has_begun = True

    def _between(self, text: bytes, start: int, end: int, rows: list[bytes], *, awaits: str) -> None:
        """Read what is between rows of an array, or before its end: a comma, as a rule; what else is a row, too."""
        for match in BETWEEN.finditer(text, start, end):
            if match[1] == b"," and not self._awaits_comma:
                raise self._wrong(match.start(1), "a row is missing before ','")
            if match[1] != b"," and self._awaits_comma:
                raise self._wrong(match.start(1), "expected ',' or ']' behind a row of the array")
            if match[1] != b",":
                rows.append(match[1])
                self._is_empty = False
            self._awaits_comma = match[1] != b","
        if awaits == "row" and self._awaits_comma:
            raise self._wrong(end, "expected ',' between the rows of the array")
        if awaits == "end" and not self._awaits_comma and not self._is_empty:
            raise self._wrong(end, "a row is missing behind ','")

    def _check_blank(self, text: bytes, start: int, end: int) -> None:
        """Raise Damaged where something is between documents."""
        match = BETWEEN.match(text, start, end)
        if match:
            self._raise_strange(match)

    def _raise_strange(self, match: re.Match[bytes]) -> None:
        shown = match[1][:SHOWN].decode("utf-8", "replace")
        ended, strange = "the document before it has ended", "it is neither an object nor an array of objects"
        reason = ended if self._has_begun else strange
        raise self._wrong(match.start(1), f"{shown!r}: {reason}")

    def _finish(self) -> None:
        """Raise Damaged where the last document does not end."""
        match = BETWEEN.match(self._buffer)
        if match and match[1] == b"," and self._awaits_comma and self._is_array:
            match = BETWEEN.match(self._buffer, match.end())
        if match and not self._is_array and match[1][:1] not in (b"{", b"["):
            self._raise_strange(match)
        if match or self._is_array:
            what = "the array does not end" if self._is_array and not match else "a row does not end"
            raise self._wrong(match.start(1) if match else len(self._buffer), f"it is cut off: {what}")

    def _wrong(self, position: int, reason: str) -> Damaged:
        line = self._lines + self._buffer.count(b"\n", 0, position) + 1
        return Damaged(f"it is not JSON: {reason} (line {line}, byte {self._given + position + 1})")


def structure_of(data: bytes) -> Structure:
    characters = np.frombuffer(data, np.uint8)
    quotes = quotes_in(data, characters)
    if b"\n" in data or b"\r" in data:
        characters = characters.copy()
        feeds = np.flatnonzero((characters == FEED) | (characters == RETURN))
        characters[feeds] = np.where(are_inside(feeds, quotes), RETURN, BLANK)
    is_opening, is_closing = (np.logical_or(*(characters == mark for mark in pair)) for pair in (OPENING, CLOSING))
    places = np.flatnonzero(is_opening | is_closing)
    places = places[~are_inside(places, quotes)]
    steps = np.where(is_opening[places], 1, -1)
    return Structure(characters.tobytes(), places, steps, np.cumsum(steps))


def quotes_in(data: bytes, characters: Bytes) -> Places:
    """The places of the quotes that begin and end strings."""
    quotes = np.flatnonzero(characters == QUOTE)
    if b'\\"' not in data:
        return quotes
    slashes = np.flatnonzero(characters == BACKSLASH)
    firsts = slashes[np.diff(slashes, prepend=-2) != 1]  # of each row of backslashes
    behind = np.flatnonzero((quotes > 0) & (characters[quotes - 1] == BACKSLASH))
    lengths = quotes[behind] - firsts[np.searchsorted(firsts, quotes[behind]) - 1]
    return np.delete(quotes, behind[lengths % 2 == 1])


def are_inside(places: Places, quotes: Places) -> Any:
    """Which of the places are in strings."""
    return np.searchsorted(quotes, places) % 2 == 1


def with_single_blanks(lines: bytes) -> bytes:
    """The lines with one blank for several outside of strings: those of a document that was written over many lines."""
    characters = np.frombuffer(lines, np.uint8)
    is_blank = characters == BLANK
    repeated = np.flatnonzero(is_blank[1:] & is_blank[:-1]) + 1
    return np.delete(characters, repeated[~are_inside(repeated, quotes_in(lines, characters))]).tobytes()
