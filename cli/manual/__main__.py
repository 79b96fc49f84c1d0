"""Writes the man page anew, beside this file."""

from __future__ import annotations

import os

from backprop.cli.manual.page import manual

with open(os.path.join(os.path.dirname(__file__), "backprop.1"), "w", encoding="ascii") as stream:
    stream.write(manual())
