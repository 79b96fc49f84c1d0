"""Long sums of like terms become sums of arrays, of the same value and slope; other sums stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.passes.rolling import rolled
from backprop.parser import parse

VALUES = {"a": 1.25, "b": 0.5}
DATA = [(0.1 * k, 2.0 if k == 3 else 1.0 / (k + 1)) for k in range(12)]
FIT = " + ".join(f"(a*exp(-b*{t!r}) - {y!r})^2" for t, y in DATA)


@pytest.mark.parametrize(
    "text",
    [
        FIT,
        f"a - ({FIT}) - b^2",
        " + ".join(f"(where(a > {t!r}, a*b, {y!r}) - {y!r})^{2 + k % 2}" for k, (t, y) in enumerate(DATA)),
        " - ".join(f"(t{k} - {y!r})^2" for k, (_, y) in enumerate(DATA)),
    ],
)
def test_a_rolled_sum_has_the_value_and_slope_of_the_sum(text: str) -> None:
    if "t0" in text:
        text = "; ".join(f"t{k} = a*sin(b*{t!r})" for k, (t, _) in enumerate(DATA)) + "; " + text
    typed = parse(text).typed({"a": (), "b": ()})
    inputs = [typed.inputs[name] for name in VALUES]
    whole = rolled(typed.result)
    assert whole is not typed.result
    for mine, truth in zip(
        evaluate([whole, *gradients(whole, inputs)], VALUES),
        evaluate([typed.result, *gradients(typed.result, inputs)], VALUES),
        strict=True,
    ):
        assert mine == pytest.approx(truth, rel=1e-13, abs=1e-13)


def test_a_term_is_computed_once_for_all_data() -> None:
    typed = parse(FIT).typed({"a": (), "b": ()})
    before = len(typed.nodes)
    whole = rolled(typed.result)
    assert len(typed.nodes) - before < 12
    assert np.shape(whole.inputs[0].inputs[0].inputs[1].value) == (12,)


@pytest.mark.parametrize("text", ["a + b", "(a-1)^2 + (b-2)^2", "a*b*a", "a + a^2 + a^3 + a^4"])
def test_a_short_sum_stays(text: str) -> None:
    typed = parse(text).typed({"a": (), "b": ()})
    assert rolled(typed.result) is typed.result
