"""Bytes that come a piece at a time, for whoever cuts them."""

from __future__ import annotations

SIZE = 1 << 14  # bytes that a source gives at once


class Pieces:
    """A source that gives so many bytes at a time, as a slow pipe does, and its name."""

    name = "pieces"

    def __init__(self, data: bytes, size: int = SIZE) -> None:
        self.data = data
        self.size = size
        self.place = 0

    def read(self, most: int) -> bytes:
        piece = self.data[self.place : self.place + min(self.size, most)]
        self.place += len(piece)
        return piece

    def is_ready(self) -> bool:
        return False
