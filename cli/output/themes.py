"""The colours of pictures, for a light ground, a dark one, and for none: those can be read on either."""

from __future__ import annotations

from backprop.autodiff.named_tuple import NamedTuple


class Theme(NamedTuple):
    """`ground` is None where what lies behind shows through. `curves` are the colours of several lines in turn."""

    ground: str | None
    ink: str
    faint: str
    value: str
    derivative: str
    curves: tuple[str, ...]


# Of letters and lines on their ground the contrast is 4.5 : 1 or more; without one it is 3.7 : 1 or more on white,
# on black and on the grounds between black and #1e1e1e that dark pages have. A test computes both.
THEMES = {
    "light": Theme(
        *("#ffffff", "#24292f", "#6b6b6b", "#00752b", "#c80000"),
        ("#00752b", "#0969da", "#b35900", "#8250df", "#007580", "#bf3989", "#c80000", "#57606a"),
    ),
    "dark": Theme(
        *("#0d1117", "#e6edf3", "#9aa4ae", "#3fb950", "#ff7b72"),
        ("#3fb950", "#58a6ff", "#f0883e", "#bc8cff", "#39c5cf", "#f778ba", "#ff7b72", "#b1bac4"),
    ),
    "transparent": Theme(
        *(None, "#787d84", "#787d84", "#1f8a43", "#e23b3b"),
        ("#1f8a43", "#2f7de1", "#c46a0a", "#9160e8", "#0b8793", "#d4479b", "#e23b3b", "#787d84"),
    ),
}
