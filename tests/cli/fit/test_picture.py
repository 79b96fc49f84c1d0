"""The picture of a fit: in braille below the table on a terminal, and as a file."""

from __future__ import annotations

import pytest

ROWS = "t,u,v,s\n0,1,5,.1\n1,3.1,4.2,.1\n2,4.8,3,.2\n3,7.2,1.9,.1\n4,9,1,.1\n"


@pytest.fixture(autouse=True)
def rows(tmp_path):
    (tmp_path / "data.csv").write_text(ROWS)


def test_a_terminal_shows_data_curve_bands_and_residuals_below_the_table(terminal, backprop):
    answer = terminal("fit", "u ~ a + b*t", "data.csv")
    assert answer.status == 0 and answer.lines[0] == "u ~ a + b*t"
    legend = next(place for place, line in enumerate(answer.lines) if "⠒⠒⠒⠒⠒ fit" in line)
    assert "⠸⠇ u" in answer.lines[legend] and "confidence band and prediction band" in answer.lines[legend]
    assert "residuals of u" in answer.lines and answer.lines[-2].endswith(" t")
    below = answer.lines[legend:]
    assert max(map(len, below)) <= 80 and len(below) <= 24
    assert "⠒⠒⠒⠒⠒ fit" not in backprop("fit", "u ~ a + b*t", "data.csv", "--format", "table").out
    assert "fit" not in "".join(terminal("fit", "u ~ a + b*t", "data.csv", columns=30).lines[1:])


def test_of_several_columns_the_fitted_value_stands_below_and_each_response_has_its_panels(terminal):
    answer = terminal("fit", "u ~ a + b*t + c*v", "data.csv")
    assert answer.lines[-2].endswith(" fitted") and "band" not in answer.out
    several = terminal("fit", "[u, v] ~ [a + b*t, c + d*t]", "data.csv", "--sigma", "s", TERM="dumb")
    assert [line for line in several.lines if line.startswith("residuals of")] == ["residuals of u", "residuals of v"]
    assert "ooo v   ***** fit   . . . confidence band" in several.lines  # sigma differs: no band of observations
    assert "#" in several.out and several.out.isascii()


@pytest.mark.extras
@pytest.mark.parametrize("name", ["fit.svg", "fit.html"])
def test_a_picture_has_what_the_terminal_shows(backprop, tmp_path, name):
    pytest.importorskip("matplotlib")
    answer = backprop("fit", "u ~ a + b*t", "data.csv", "-o", name)
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    text = (tmp_path / name).read_text()
    assert text.count("<svg") == 1 and 'id="axes_2"' in text and 'id="FillBetweenPolyCollection_2"' in text
    if name == "fit.html":
        assert "<td>b</td>" in text and "residual sum of squares" in text
