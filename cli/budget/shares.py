"""Which shares a chart shows, and how long their bars are. Draws nothing."""

from __future__ import annotations

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.report import Report

MOST_BARS = 20
QUANTITY, SHARE = 0, -1  # columns of the report


class Bar(NamedTuple):
    label: str
    share: float


def bars_of(report: Report) -> list[Bar]:
    """The largest shares of the inputs first; the last row is the result's."""
    rows = report.rows[:-1]
    bars = [Bar(str(row[QUANTITY]), float(row[SHARE] or 0.0)) for row in rows]  # type: ignore[arg-type]
    return sorted(bars, key=lambda bar: -abs(bar.share))[:MOST_BARS]
