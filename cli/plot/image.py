"""A field's bands of equal value as a small PNG with few colours. Knows no axis and no page."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

Points = np.ndarray[Any, np.dtype[Any]]

STOPS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))  # of matplotlib's viridis
FINER = 4  # pixels along each side of a cell of the grid


def band_colors(count: int) -> list[tuple[int, int, int]]:
    """So many colours from dark to light."""
    places = np.linspace(0, len(STOPS) - 1, count) if count > 1 else np.array([len(STOPS) / 2])
    channels = [np.interp(places, range(len(STOPS)), channel) for channel in zip(*STOPS, strict=True)]
    return [(round(red), round(green), round(blue)) for red, green, blue in zip(*channels, strict=True)]


def banded(value: Points, edges: Points) -> bytes:
    """The picture of a grid's values, the first row at the bottom; what is nan is seen through."""
    fine = finer(finer(value).T).T[::-1]
    bands = np.searchsorted(edges, fine, side="right").astype(np.uint8)
    bands[np.isnan(fine)] = len(edges) + 1
    return png(bands, [*band_colors(len(edges) + 1), (255, 255, 255)])


def finer(value: Points) -> Points:
    """With more columns, between which the value is linear."""
    count = value.shape[1]
    places = np.linspace(0, count - 1, FINER * (count - 1) + 1)
    left = np.minimum(places.astype(int), count - 2)
    part = places - left
    with np.errstate(all="ignore"):
        mixed = value[:, left] * (1 - part) + value[:, left + 1] * part
    return np.where(part == 0, value[:, left], np.where(part == 1, value[:, left + 1], mixed))


def png(indices: Points, colors: list[tuple[int, int, int]]) -> bytes:
    """A PNG of numbers of colours, of which the last is transparent (w3.org/TR/png-3)."""
    height, width = indices.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), indices]).tobytes()  # each begins with its filter, none
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": bytes(channel for color in colors for channel in color),
        b"tRNS": bytes([255] * (len(colors) - 1) + [0]),
        b"IDAT": zlib.compress(rows, 9),
        b"IEND": b"",
    }
    chunks = (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
