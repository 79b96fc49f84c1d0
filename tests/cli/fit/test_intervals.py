"""`fit --profile`, `--bootstrap` and `--explain`: other intervals, and what numbers mean."""

from __future__ import annotations

import json

import numpy as np
import pytest

CONC = [0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.1, 1.1]
RATE = [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200]
MODEL = "rate ~ vmax*conc/(km + conc)"


@pytest.fixture(autouse=True)
def rows(tmp_path):
    lines = [f"{x},{y},1" for x, y in zip(CONC, RATE, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(["conc,rate,one", *lines]))


def least(km: float) -> float:
    """The sum of squares for a value of km, vmax being the best for it."""
    x, y = np.array(CONC), np.array(RATE, dtype=float)
    shape = x / (km + x)
    return float(np.sum((y - shape * (shape @ y) / (shape @ shape)) ** 2))


def test_the_ends_of_a_profile_are_where_the_sum_of_squares_has_risen_enough(backprop):
    answer = backprop("fit", MODEL, "data.csv", "km=0.1", "--profile", "--json")
    found = json.loads(answer.out)
    km, squares = found["parameters"]["km"], found["residual_sum_of_squares"]
    target = squares * (1 + 2.2281388519862747**2 / 10)  # Student's, of 10 degrees of freedom
    assert least(km["lower"]) == pytest.approx(target, rel=1e-8, abs=0)
    assert least(km["upper"]) == pytest.approx(target, rel=1e-8, abs=0)
    assert km["lower"] < km["value"] < km["upper"] and found["intervals"] == {"kind": "profile"}
    ends = [found["parameters"]["vmax"][end] for end in ("lower", "upper")]
    assert ends == pytest.approx([197.30193290, 229.28905506], rel=1e-9, abs=0)  # SciPy's brentq of minimize_scalar


def test_a_profile_of_a_linear_model_is_its_interval_and_ends_at_bounds(backprop):
    plain, profile = (backprop("fit", "rate ~ a + b*conc", "data.csv", *more) for more in ([], ["--profile"]))
    for mine, truth in zip(profile.rows[1:], plain.rows[1:], strict=True):
        assert [float(cell) for cell in mine[4:6]] == pytest.approx(
            [float(cell) for cell in truth[4:6]], rel=1e-9, abs=0
        )
    bound = backprop("fit", MODEL, "data.csv", "km=0.06", "--bounds", "km=0.05:", "--profile")
    assert bound.rows[2][4] == "0.05" and "intervals: by the profile of the likelihood" in bound.err


def test_a_profile_that_does_not_rise_has_no_end(backprop, tmp_path):
    (tmp_path / "flat.csv").write_text("t,y\n0,1\n1,.1\n2,.02\n3,.01\n4,-.01\n5,.02\n")
    answer = backprop("fit", "y ~ exp(-b*t^2)", "flat.csv", "b=2", "--profile", "--coverage", "0.9999", "--json")
    found = json.loads(answer.out)["parameters"]["b"]
    assert found["upper"] is None and found["lower"] > 0


def test_a_bootstrap_draws_rows_and_names_its_seed(backprop):
    runs = [["--bootstrap", "40", "--seed", seed, "--json"] for seed in ("1", "1", "2")]
    first, again, other = (backprop("fit", MODEL, "data.csv", "km=0.1", *run) for run in runs)
    assert first.out == again.out != other.out
    found = json.loads(first.out)
    assert found["intervals"] == {"kind": "bootstrap", "samples": 40, "failed": 0, "seed": 1}
    vmax = found["parameters"]["vmax"]
    assert 190 < vmax["lower"] < vmax["value"] < vmax["upper"] < 235
    said = backprop("fit", "rate ~ a", "data.csv", "--bootstrap", "10", "--sigma", "one", "--loss", "huber")
    assert "note: intervals: quantiles of 10 bootstrap samples; seed 0" in said.err


@pytest.mark.parametrize(
    "tokens, said",
    [
        (["--profile", "--bootstrap", "9"], "error: --profile and --bootstrap contradict each other\n"),
        (["--profile", "--loss", "huber"], "error: --profile goes with squares, not with --loss\n"),
        (["--seed", "1"], "error: --seed goes with --bootstrap\n"),
        (["--bootstrap", "1"], "Error: Invalid value for '--bootstrap': 1"),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_status_2(backprop, tokens, said):
    answer = backprop("fit", MODEL, "data.csv", "km=0.1", *tokens)
    assert (answer.status, answer.out) == (2, "") and said.lower() in answer.err.lower()


def test_the_numbers_are_explained_in_words_where_that_is_asked(backprop, tmp_path):
    """What is said depends on the result: of two models for the same rows one has a parameter too many."""
    question = ["data.csv", "km=0.1", "--explain"]
    answer = backprop("fit", MODEL, *question, "--profile", "--format", "table")
    assert answer.lines[-1].startswith("AIC 95.27 and BIC 96.73 compare this model with others")
    assert "vmax = 212.7 ± 6.9, its standard error; the true value is within 197.3 to 229.3, as in 95 %" in answer.out
    assert "the interval of km reaches 1.3 times as far up" in answer.out
    found = json.loads(backprop("fit", "rate ~ c + vmax*conc^b/(km + conc^b)", *question, "b=1", "--json").out)
    said = "\n".join(found["explanation"])
    assert ": a model without c may do" in said and "a larger km is made up for by" in said
    assert "explanation" not in json.loads(backprop("fit", "rate ~ c", "data.csv", "--json").out)
    sigma = backprop("fit", MODEL, *question, "--sigma", "one", "--absolute-sigma")
    assert "note: the errors are those that sigma gives, whatever the residuals are" in sigma.err
    assert ": sigma is too small, or the model misses something" in sigma.err
