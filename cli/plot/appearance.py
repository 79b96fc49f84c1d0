"""How a plot is to look, as the options say it. Draws nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.themes import THEMES, Theme
from backprop.cli.question.argv import GivenValue
from backprop.cli.question.ranges import Range, read_range
from backprop.cli.status import Failure

SIZE = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")
LEAST_SIDE, MOST_SIDE = 100, 10_000  # pixels
NO_LEGEND = "none"
LIGHT = "light"


class Appearance(NamedTuple):
    """What is None is chosen by the picture; a `legend` of None is none at all.

    `theme_name` is None where nobody named one: a page then follows its reader.
    """

    theme: Theme
    theme_name: str | None
    title: str | None
    size: tuple[int, int] | None
    ylim: Range | None
    legend: Sequence[str] | None

    def named(self, names: Sequence[str]) -> list[str]:
        """What stands in the legend: the names given, then those of the curves that are left. Raises Failure."""
        given = self.legend or ()
        if len(given) > len(names):
            raise Failure(
                f"--legend {given[len(names)]}: there {'is' if len(names) == 1 else 'are'} only {len(names)} to name",
                "omit it",
            )
        return [*given, *names[len(given) :]]


def read_appearance(
    title: str | None, size: str | None, ylim: str | None, legend: Sequence[str], theme: str | None
) -> Appearance:
    """The appearance that the options ask for. Raises Failure."""
    if NO_LEGEND in legend and len(legend) > 1:
        raise Failure(f"--legend {NO_LEGEND} is given beside names", f"omit --legend {NO_LEGEND}, or the names")
    return Appearance(
        THEMES[theme or LIGHT],
        theme,
        title,
        None if size is None else read_size(size),
        None if ylim is None else read_range(GivenValue("--ylim", ylim, "--ylim")),
        None if NO_LEGEND in legend else legend,
    )


def read_size(text: str) -> tuple[int, int]:
    """The width and the height in `800x480`."""
    found = SIZE.fullmatch(text)
    if found is None:
        raise Failure(f"--size {text} is not a width and a height", "write them so: --size 800x480")
    return int(found[1]), int(found[2])


def pixels_of(size: tuple[int, int]) -> tuple[int, int]:
    """A size that is meant in pixels. Raises Failure for one that no picture has."""
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in size):
        raise Failure(
            f"--size {size[0]}x{size[1]}: a picture has from {LEAST_SIDE} to {MOST_SIDE} pixels along each side",
            "write, for example, --size 800x480",
        )
    return size
