"""`fit --predict`: the rows with fitted value, residual and bands behind them."""

from __future__ import annotations

import json

import numpy as np
import pytest

ROWS = "conc,rate,who\n.02,76,a\n.02,47,b\n.06,97,c\n.06,107,d\n.11,123,e\n.22,,f\n.56,191,g\n1.1,wide,h\n1.1,200,i\n"
MODEL = "rate ~ vmax*conc/(km + conc)"
BEHIND = ["fitted", "residual", "confidence_lower", "confidence_upper", "prediction_lower", "prediction_upper"]
T = {0.95: 2.570581835636314, 0.5: 0.7266868438004229}  # Student's, of 5 degrees of freedom


@pytest.fixture
def rows(tmp_path):
    (tmp_path / "data.csv").write_text(ROWS)
    return "data.csv"


def bands(x, y, vmax, km, deviation) -> list:
    """By the formulas of Bates & Watts, section 2.3."""
    fitted = vmax * x / (km + x)
    jacobian = np.column_stack([x / (km + x), -vmax * x / (km + x) ** 2])
    variance = np.sum((y - fitted) ** 2) / (len(x) - 2)
    own = np.einsum("ij,jk,ik->i", jacobian, np.linalg.inv(jacobian.T @ jacobian), jacobian) * variance
    half, wide = deviation * np.sqrt(own), deviation * np.sqrt(own + variance)
    return [fitted, y - fitted, fitted - half, fitted + half, fitted - wide, fitted + wide]


@pytest.mark.parametrize("coverage", T)
def test_rows_keep_their_columns_and_have_both_bands_behind(backprop, tmp_path, rows, coverage):
    answer = backprop("fit", MODEL, rows, "km=0.1", "--predict", "out.csv", "--coverage", str(coverage), "--json")
    assert answer.status == 3  # of the row that is wide
    assert answer.err.count("line 9: rate is 'wide'") == 1 and answer.err.count("has no value") == 1
    found = json.loads(answer.out)
    vmax, km = (found["parameters"][name]["value"] for name in ("vmax", "km"))
    assert found["confidence"] == coverage
    lines = [line.split(",") for line in (tmp_path / "out.csv").read_text().splitlines()]
    assert lines[0] == ["conc", "rate", "who", *BEHIND]
    assert [",".join(line[:3]) for line in lines] == ROWS.splitlines()
    assert lines[6][3:] == lines[8][3:] == [""] * 6
    good = np.array([[*line[:2], *line[3:]] for line in lines[1:] if line[3]], dtype=float)
    for mine, truth in zip(good[:, 2:].T, bands(*good[:, :2].T, vmax, km, T[coverage]), strict=True):
        assert mine == pytest.approx(truth, rel=1e-11, abs=1e-11)


def test_what_is_read_once_and_several_responses(backprop, tmp_path):
    """The bands of one response are those of it alone, with its own parameters and sigma; rows may come on stdin."""
    text = "t,u,v,s,w\n0,1,5,.1,.2\n1,3.1,4.2,.1,.4\n2,4.8,3,.2,.2\n3,7.2,1.9,.1,.2\n"
    errors = ["--sigma", "s,w", "--absolute-sigma"]
    both = backprop("fit", "[u,v] ~ [a + b*t, c + d*t]", *errors, "--predict", "both.ndjson", "--json", stdin=text)
    alone = backprop("fit", "v ~ c + d*t", "--weights", "k", "--predict", "one.tsv", stdin=weighted(text))
    assert (both.status, alone.status) == (0, 0)
    members = [json.loads(line) for line in (tmp_path / "both.ndjson").read_text().splitlines()]
    lines = [line.split("\t") for line in (tmp_path / "one.tsv").read_text().splitlines()]
    assert [member["fitted"][1] for member in members] == pytest.approx(
        [float(line[6]) for line in lines[1:]], rel=1e-12, abs=0
    )
    x, sigma = np.arange(4.0), np.array([0.2, 0.4, 0.2, 0.2])
    jacobian = np.column_stack([np.ones(4), x])
    own = np.einsum("ij,jk,ik->i", jacobian, np.linalg.inv((jacobian / sigma[:, None] ** 2).T @ jacobian), jacobian)
    for member, variance, error in zip(members, own, sigma, strict=True):
        half = 1.959963984540054 * np.sqrt([variance, variance + error**2])
        wide = [member["fitted"][1] - member[name][1] for name in ("confidence_lower", "prediction_lower")]
        assert wide == pytest.approx(half, rel=1e-11, abs=0)


def weighted(text: str) -> str:
    """The rows with a column of weights, one over the square of w."""
    lines = text.splitlines()
    return "\n".join([f"{lines[0]},k", *[f"{line},{float(line.split(',')[-1]) ** -2}" for line in lines[1:]]])


def test_errors_of_a_column_widen_the_band_of_observations(backprop, tmp_path):
    (tmp_path / "data.csv").write_text("t,y,s,st\n0,1,.1,.05\n1,.6,.1,.05\n2,.4,.2,.1\n3,.25,.1,.05\n")
    errors = ["--sigma", "s", "--sigma-x", "t=st", "--absolute-sigma"]
    answer = backprop("fit", "y ~ a + b*t", "data.csv", *errors, "--predict", "out.ndjson", "--json")
    slope = json.loads(answer.out)["parameters"]["b"]["value"]
    for line in (tmp_path / "out.ndjson").read_text().splitlines():
        row = json.loads(line)
        half, wide = (
            (row[f"{name}_upper"] - row["fitted"]) / 1.959963984540054 for name in ("confidence", "prediction")
        )
        noise = float(row["s"]) ** 2 + (slope * float(row["st"])) ** 2
        assert wide**2 == pytest.approx(half**2 + noise, rel=1e-11, abs=0)


def test_an_array_parameter_has_the_bands_of_its_entries(backprop, tmp_path):
    (tmp_path / "data.csv").write_text("t,y\n1,-1.2\n2,0.1\n3,0.8\n4,1.2\n5,1.5\n")
    alike = {"array.csv": ("y ~ sum(w*[1, t])", "w=[0,0]"), "numbers.csv": ("y ~ a + b*t", "b=0")}
    found = []
    for name, question in alike.items():
        answer = backprop("fit", question[0], "data.csv", question[1], "--profile", "--predict", name)
        lines = (tmp_path / name).read_text().splitlines()[1:]
        found.append([float(cell) for line in lines for cell in line.split(",")])
        found[-1] += [float(cell) for row in answer.rows[1:] for cell in row[1:]]
        assert answer.status == 0
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-12)


def test_several_files_are_one_table(backprop, tmp_path):
    lines = ROWS.splitlines()
    (tmp_path / "a.csv").write_text("\n".join(lines[:5]))
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "b.tsv").write_text("\n".join([lines[0], *lines[5:]]).replace(",", "\t"))
    (tmp_path / "whole.csv").write_text(ROWS)
    parts = backprop("fit", MODEL, "a.csv", "parts", "km=0.1", "--predict", "out.csv")
    assert parts.status == 3 and parts.err.startswith("parts/b.tsv:5: rate is 'wide'")
    whole = backprop("fit", MODEL, "whole.csv", "km=0.1", "--predict", "whole-out.csv")
    assert parts.out == whole.out
    assert (tmp_path / "out.csv").read_text() == (tmp_path / "whole-out.csv").read_text()
    (tmp_path / "c.csv").write_text("conc,rate\n0,0\n")
    bad = backprop("fit", "rate ~ vmax*conc/(km + conc)", "a.csv", "c.csv", "km=0")
    assert bad.status == 2 and "error: this is nan in c.csv:2 at the start" in bad.err


@pytest.mark.extras
def test_large_rows_that_a_library_reads_are_written_without_workers(backprop, tmp_path):
    """Workers that are forked after Polars has threads wait for these for ever."""
    pytest.importorskip("polars")
    rest = "x" * 6000
    (tmp_path / "data.csv").write_text("".join(["t,y,rest\n", *(f"{t},{2 * t},{rest}\n" for t in range(400))]))
    assert backprop("fit", "y ~ a*t", "data.csv", "--predict", "out.csv", "--format", "plain").out == "2\n"
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert len(lines) == 401 and lines[-1].startswith(f"399,798,{rest},798,0,")


@pytest.mark.parametrize(
    "tokens, said",
    [
        (["--predict", "-"], "error: --predict needs a file of its own\n"),
        (["--predict", "a.csv", "-o", "a.csv"], "error: --predict needs a file of its own\n"),
        (["--predict", "./data.csv"], "error: --predict ./data.csv: the rows are read from this file\n"),
        (["-o", "data.csv"], "error: -o data.csv: the rows are read from this file\n"),
        (["--predict", "a.foo"], "error: --predict a.foo: --predict cannot write .foo\n  the endings are .tsv"),
        (["--predict", "no/a.csv"], "error: --predict no/a.csv: no such file or directory"),
        (["--predict", "a.csv", "--rename", "rate=fitted"], "error: the input has a column fitted already\n"),
        (["--coverage", "1"], "error: --coverage 1\n  a probability between 0 and 1"),
    ],
    ids=str,
)
def test_what_cannot_be_written_is_said_before_the_fit(backprop, tmp_path, tokens, said):
    (tmp_path / "data.csv").write_text("conc,rate,fitted\n.02,76,75\n.5,200,190\n1,210,215\n")
    answer = backprop("fit", MODEL, "data.csv", "km=0.1", *tokens)
    assert (answer.status, answer.out) == (2, "") and said in answer.err
