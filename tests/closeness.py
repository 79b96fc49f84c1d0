"""Closeness in relative terms alone, however small the numbers."""

from __future__ import annotations

from typing import Any

import pytest


def close_to(expected: Any, *, rel: float, nan_ok: bool = False) -> Any:
    """What equals `expected` to `rel`; without abs=0 pytest lets 1e-12 pass: 0 == approx(4e-18, rel=1e-13)."""
    return pytest.approx(expected, rel=rel, abs=0, nan_ok=nan_ok)
