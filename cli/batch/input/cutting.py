"""Where records end. Every byte is looked at once, however many pieces the bytes come in."""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Callable

from backprop.autodiff.named_tuple import NamedTuple

# A quoted cell, from the quote that opens it to the one that closes it or the end: `""` inside stands for a quote.
SPAN = rb'(?:^|(?<=[%s\n])%s)"[^"]*(?:""[^"]*)*("|\Z)'
BEHIND_MARK = b"|(?<=^" + codecs.BOM_UTF8 + b")"
REST = re.compile(rb'[^"]*(?:""[^"]*)*("|\Z)')  # of a quoted cell


class Place(NamedTuple):
    """How far some bytes are looked at: up to `seen`, which may lie in a quoted cell.

    `end` is that of the last whole record before, its line end included; 0 where there is none.
    """

    end: int = 0
    seen: int = 0
    is_quoted: bool = False

    def behind(self, start: int) -> Place:
        """The same for the bytes from `start` on, where a record begins."""
        return Place(max(self.end - start, 0), max(self.seen - start, 0), self.is_quoted and self.seen > start)


Cut = Callable[[bytearray, int, Place], Place]  # looks at data[place.seen:end]


def cut_lines(data: bytes | bytearray, end: int, place: Place) -> Place:
    """Where every line is a record."""
    return Place(data.rfind(b"\n", place.seen, end) + 1 or place.end, end)


def cut_quoted_lines(
    data: bytes | bytearray, end: int, place: Place, separator: str, *, is_header: bool = False
) -> Place:
    """Where a line end in a quoted cell ends no record."""
    start = place.seen
    if place.is_quoted:
        rest = REST.match(data, start, end)
        assert rest is not None  # it matches nothing at all
        if rest.end() == end:  # `""` may yet go on
            return Place(place.end, rest.start(1), True)
        start = rest.end()
    if data.find(b'"', start, end) < 0:
        return Place(data.rfind(b"\n", start, end) + 1 or place.end, end)
    spans = list(spans_of(separator, is_header=is_header).finditer(data, start, end))
    seen, is_quoted, limit = end, False, end
    if spans and spans[-1].end() == end:
        seen, is_quoted, limit = spans[-1].start(1), True, spans.pop().start()
    for span in reversed(spans):
        line_end = data.rfind(b"\n", span.end(), limit)
        if line_end >= 0:
            return Place(line_end + 1, seen, is_quoted)
        limit = span.start()
    return Place(data.rfind(b"\n", start, limit) + 1 or place.end, seen, is_quoted)


@functools.cache
def spans_of(separator: str, *, is_header: bool = False) -> re.Pattern[bytes]:
    """What finds the quoted cells: in a header, behind a byte order mark, too. The closing quote is its group."""
    return re.compile(SPAN % (separator.encode(), BEHIND_MARK if is_header else b""))


def is_unclosed(record: bytes, separator: str) -> bool:
    """Whether a quote that opens a cell of the record is not closed."""
    place = cut_quoted_lines(record, len(record), Place(), separator)
    return place.is_quoted and place.seen == len(record)
