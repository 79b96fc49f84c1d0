"""`fit` from Python: what is a parameter, what needs a start, bounds, losses, and what the data do not tell."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, fit
from backprop.autodiff.optimize.fit import Interrupted
from backprop.autodiff.optimize.residuals import Residuals
from backprop.autodiff.optimize.separable import linear_parameters
from backprop.autodiff.optimize.task import MissingStart
from backprop.parser import parse_model

DECAY = "y ~ a*exp(-b*t) + c"
TRUE = {"a": 2.5, "b": 1.3, "c": 0.5}


def decay(rows: int = 40, noise: float = 0.02, seed: int = 3) -> dict[str, np.ndarray]:
    t = np.linspace(0.0, 5.0, rows)
    exact = TRUE["a"] * np.exp(-TRUE["b"] * t) + TRUE["c"]
    return {"t": t, "y": exact + np.random.default_rng(seed).normal(0.0, noise, rows)}


LINEAR = [
    ("y ~ a*exp(-b*t) + c", ["a", "c"]),
    ("y ~ a*b*t + c", ["a", "c"]),  # b is, too, but not together with a
    ("y ~ a*t^2 + b*t + c", ["a", "b", "c"]),
    ("y ~ (a + b*t)/(1 + c*t)", ["a", "b"]),
    ("y ~ (t - b)^2", []),
    ("y ~ a*(1 if t > c else 2)", ["a"]),  # a condition is no derivative
    ("y ~ floor(a)*t", []),
    ("k = 2; y ~ k*t", ["k"]),
]


@pytest.mark.parametrize("text, linear", LINEAR, ids=[text for text, _ in LINEAR])
def test_parameters_that_the_derivative_does_not_depend_on_are_linear(text, linear):
    graph = parse_model(text)
    columns = {name: np.ones(3) for name in ("y", "t")}
    names = [name for name in graph.variables if name not in columns]
    residuals = Residuals(graph, columns, dict.fromkeys(names, ()), {}, 3)
    assert linear_parameters(residuals, names) == linear


def test_linear_parameters_need_no_start_and_the_others_do():
    assert fit(parse_model(DECAY), decay(), b=1).parameters["a"] == pytest.approx(2.5, abs=0.1)
    with pytest.raises(MissingStart) as caught:
        fit(parse_model(DECAY), decay())
    assert caught.value.names == ["b"] and caught.value.reason == "no start for 'b'"
    assert caught.value.span == (11, 12)


def test_every_way_to_begin_ends_in_the_same_place():
    found = [
        fit(parse_model(DECAY), decay(), b=1),
        fit(parse_model(DECAY), decay(), a=50, b=20, c=-3),
        fit(parse_model(DECAY), decay(), ranges={"b": (0.0, 100.0)}),
        fit(parse_model(DECAY), decay(), guess=True),
        fit(parse_model("b = 3; " + DECAY), decay()),
    ]
    for result in found[1:]:
        assert result.is_converged
        for name, value in found[0].parameters.items():
            assert result.parameters[name] == pytest.approx(value, rel=1e-13, abs=0)


def test_of_optima_that_are_equally_good_the_one_like_the_start_is_found():
    """Exchanging the two decays, or the sign of a width, changes no residual."""
    data = decay()
    text = "y ~ a*exp(-b*t) + c*exp(-d*t)"
    one, other = fit(parse_model(text), data, b=1, d=0), fit(parse_model(text), data, b=0, d=1)
    assert one.parameters["b"] > one.parameters["d"] and other.parameters["b"] < other.parameters["d"]
    assert one.statistics.totals.squares == pytest.approx(other.statistics.totals.squares, rel=1e-12, abs=0)
    x = np.linspace(-3, 3, 30)
    peak = {"x": x, "y": np.exp(-((x - 0.3) ** 2) / 0.8**2)}
    for width in (2.0, -2.0):
        result = fit(parse_model("y ~ a*exp(-((x-m)/w)^2)"), peak, m=0, w=width)
        assert result.parameters["w"] == pytest.approx(math.copysign(0.8, width), rel=1e-12, abs=0)


def test_a_held_parameter_keeps_its_value_and_has_no_error():
    result = fit(parse_model(DECAY), decay(), b=1, c=0.4, hold=["c"])
    assert result.parameters["c"] == 0.4 and result.statistics.entries == ["a", "b"]
    assert result.statistics.degrees_of_freedom == 38


def test_an_optimum_outside_the_bounds_ends_at_them():
    result = fit(parse_model(DECAY), decay(), b=2, bounds={"b": (1.5, math.inf)})
    assert result.parameters["b"] == 1.5 and result.is_converged
    assert result.warnings == ["b is at its bound: it has no error"]
    held = fit(parse_model(DECAY), decay(), b=1.5, hold=["b"])
    for name in ("a", "c"):
        assert result.parameters[name] == pytest.approx(held.parameters[name], rel=1e-12, abs=0)
    free = fit(parse_model(DECAY), decay(), b=2, bounds={"b": (0.0, 9.0)})
    assert free.parameters["b"] == pytest.approx(
        fit(parse_model(DECAY), decay(), b=1).parameters["b"], rel=1e-12, abs=0
    )


def test_bounds_of_a_linear_parameter_hold_too():
    result = fit(parse_model("y ~ a*t + c"), decay(), bounds={"a": (0.0, math.inf)})
    assert result.parameters["a"] == 0.0
    assert result.parameters["c"] == pytest.approx(np.mean(decay()["y"]), rel=1e-12, abs=0)


def test_what_the_data_do_not_tell_has_no_error_and_is_named():
    result = fit(parse_model("y ~ a*q*exp(-b*t) + c"), decay(), b=1, q=2)
    assert result.warnings == ["a and q cannot be told from each other: hold one of them"]
    plain = fit(parse_model(DECAY), decay(), b=1)
    errors = dict(zip(result.statistics.entries, result.statistics.standard_errors, strict=True))
    assert math.isnan(errors["a"]) and math.isnan(errors["q"])
    assert errors["b"] == pytest.approx(plain.statistics.standard_errors[1], rel=1e-6, abs=0)
    assert result.statistics.degrees_of_freedom == 37
    flat = fit(parse_model("y ~ a*t + b + 0*d*t"), decay())
    assert flat.warnings == ["the data do not tell d: the model does not change with it"]


def test_as_many_parameters_as_rows_fit_exactly_and_have_no_errors():
    result = fit(parse_model("y ~ a*t + b"), {"t": [1.0, 2.0], "y": [3.0, 5.0]})
    assert result.parameters == {"a": 2.0, "b": 1.0}
    assert result.warnings == ["as many parameters as residuals: nothing tells their errors"]


def test_several_responses_share_parameters():
    data = decay()
    data["z"] = 1.0 + 0.7 * np.exp(-1.3 * data["t"])
    result = fit(parse_model("[y, z] ~ [a*exp(-b*t) + c, 1 + d*exp(-b*t)]"), data, b=1, sigma=[data["y"], data["z"]])
    stacked = {
        "t": np.tile(data["t"], 2),
        "first": np.repeat([1.0, 0.0], 40),
        "y": np.concatenate([data["y"], data["z"]]),
    }
    text = "y ~ first*(a*exp(-b*t) + c) + (1-first)*(1 + d*exp(-b*t))"
    together = fit(parse_model(text), stacked, b=1, sigma=stacked["y"])
    for name, value in together.parameters.items():
        assert result.parameters[name] == pytest.approx(value, rel=1e-8, abs=0)
    assert result.statistics.standard_errors == pytest.approx(
        [
            dict(zip(together.statistics.entries, together.statistics.standard_errors, strict=True))[n]
            for n in result.entries
        ],
        rel=1e-6,
        abs=0,
    )


def test_array_parameters_are_fitted_entry_by_entry():
    x = np.random.default_rng(1).normal(size=(60, 3))
    y = x @ [1.0, -2.0, 3.0] + 0.5
    result = fit(parse_model("y ~ x@w + c"), {"x": x, "y": y}, w=[0, 0, 0])
    assert result.entries == ["w[0]", "w[1]", "w[2]", "c"]
    assert result.parameters["w"] == pytest.approx([1, -2, 3], rel=1e-12, abs=0)
    network = "y ~ sum(v*tanh(W@x + u)) + c"
    curved = {"x": x, "y": np.tanh(x @ [0.5, 0.2, -0.3]) + 0.1}
    start = {"W": [[0.4, 0.3, -0.2]], "u": [0.1], "v": [0.5]}
    result = fit(parse_model(network), curved, start)
    assert result.parameters["W"] == pytest.approx(np.array([[0.5, 0.2, -0.3]]), abs=1e-7)


def test_weights_are_inverse_squares_of_sigma():
    data = decay()
    sigma = 0.01 + 0.01 * data["t"]
    one = fit(parse_model(DECAY), data, b=1, sigma=sigma)
    other = fit(parse_model(DECAY), data, b=1, weights=1 / sigma**2)
    for name in TRUE:
        assert one.parameters[name] == pytest.approx(other.parameters[name], rel=1e-12, abs=0)
    assert one.statistics.standard_errors == pytest.approx(other.statistics.standard_errors, rel=1e-10, abs=0)
    absolute = fit(parse_model(DECAY), data, b=1, sigma=sigma, absolute_sigma=True)
    ratio = absolute.statistics.standard_errors / one.statistics.standard_errors
    assert ratio == pytest.approx(1 / one.statistics.residual_standard_deviation, rel=1e-10, abs=0)


@pytest.mark.parametrize("loss", ["huber", "soft_l1", "cauchy"])
def test_a_robust_loss_is_least_and_forgives_outliers(loss):
    """The derivative of the loss, written out, is zero at the answer, whose scale is that of the residuals."""
    data = decay()
    data["y"][[5, 20]] += 3.0
    result = fit(parse_model(DECAY), data, b=1, loss=loss)
    assert result.is_converged
    for name, truth in TRUE.items():
        assert result.parameters[name] == pytest.approx(truth, abs=0.07)
    a, b, c = (result.parameters[name] for name in "abc")
    decline = np.exp(-b * data["t"])
    scaled = (data["y"] - a * decline - c) / result.loss_scale
    slope = {
        "huber": np.clip(scaled, -1, 1),
        "soft_l1": scaled / np.sqrt(1 + scaled**2),
        "cauchy": scaled / (1 + scaled**2),
    }[loss]
    for column in (decline, a * data["t"] * decline, np.ones(40)):
        assert abs(slope @ column) < 1e-7 * np.sum(np.abs(slope * column))
    assert np.median(np.abs(scaled)) * 1.482602218505602 == pytest.approx(1.0, rel=1e-9, abs=0)


WRONG = [
    ({}, {}, "there are no data"),
    ({"t": [1.0, 2.0], "y": [1.0]}, {"b": 1}, "the numbers of rows differ: t 2, y 1"),
    ({"t": [], "y": []}, {"b": 1}, "there are no rows"),
    ({"t": [1.0, 2.0], "y": [1.0, 2.0]}, {"b": 1}, "2 rows with 2 residuals for 3 parameters"),
    (decay(), {"b": 1, "bounds": {"b": (2.0, 3.0)}}, "the start of 'b' is outside its bounds 2:3"),
    (decay(), {"b": 1, "bounds": {"b": (3.0, 2.0)}}, "the bounds 3:2 of 'b' leave no room"),
    (decay(), {"b": 1, "bounds": {"d": (3.0, 2.0)}}, "'d' is not in the model"),
    (decay(), {"b": 1, "hold": ["a"]}, "'a' is held and has no value"),
    (decay(), {"b": 1, "sigma": np.zeros(40)}, "sigma is 0 in row 1 of the data"),
    (decay(), {"b": 1, "weights": -np.ones(40)}, "a weight is -1 in row 1 of the data"),
    (decay(), {"b": 1, "weights": 1, "sigma": 1}, "sigma and weights are both given"),
    (decay(), {"b": 1, "sigma_x": {"t": 1}}, "the response has no errors"),
    (decay(), {"b": 1, "sigma": 1, "sigma_x": {"b": 1}}, "errors are given for 'b', which is not a column"),
    (decay(), {"b": 1, "loss": "l1"}, "'l1' is not a loss"),
    (decay(), {"a": 1, "b": 1, "c": 1, "hold": "abc"}, "the model has no parameter to fit"),
]


@pytest.mark.parametrize("data, question, reason", WRONG, ids=[reason for *_, reason in WRONG])
def test_a_question_that_has_no_answer_is_refused(data, question, reason):
    with pytest.raises(ExpressionError) as caught:
        fit(parse_model(DECAY), data, **question)
    assert caught.value.reason in (reason, "no name in the model is a column")
    assert caught.value.cure or "differ" in reason


def test_what_is_not_finite_at_the_start_is_named_by_gate_and_row():
    with pytest.raises(ExpressionError) as caught:
        fit(parse_model("y ~ a*log(t - b)"), decay(), b=1)
    assert caught.value.reason == "this is nan in row 1 of the data at the start"
    assert caught.value.span == (6, 16)


def test_an_interrupt_brings_the_best_so_far():
    def stop(number: int, squares: float, values: dict) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        fit(parse_model(DECAY), decay(), b=20, tell=stop)
    result = caught.value.result
    assert result.reason == "interrupted" and not result.is_converged
    assert result.iterations == 3 and math.isfinite(result.parameters["b"])


def test_measures_are_those_of_a_straight_line():
    """By the textbook's formulas: Draper & Smith (1998), chapter 1."""
    data = decay()
    t, y = data["t"], data["y"]
    result = fit(parse_model("y ~ a + b*t"), data).statistics
    b, a = np.polyfit(t, y, 1)
    rest = y - a - b * t
    squares, about = rest @ rest, np.sum((y - y.mean()) ** 2)
    assert result.totals.squares == pytest.approx(squares, rel=1e-12, abs=0)
    assert result.r_squared == pytest.approx(1 - squares / about, rel=1e-12, abs=0)
    assert result.standard_errors[1] == pytest.approx(
        math.sqrt(squares / 38 / np.sum((t - t.mean()) ** 2)), rel=1e-12, abs=0
    )
    likelihood = 40 * (math.log(2 * math.pi * squares / 40) + 1)
    assert result.aic == pytest.approx(likelihood + 6, rel=1e-12, abs=0)
    assert result.bic == pytest.approx(likelihood + 3 * math.log(40), rel=1e-12, abs=0)


def test_a_model_can_be_pickled_and_fitted_again():
    model = pickle.loads(pickle.dumps(parse_model(DECAY)))
    assert fit(model, decay(), b=1).parameters == fit(parse_model(DECAY), decay(), b=1).parameters


def test_of_many_rows_a_grid_is_scored_on_some():
    """The answer is that of all rows, whatever the scores are of."""
    many = decay(rows=5000)
    guessed = fit(parse_model(DECAY), many, guess=True)
    assert guessed.parameters["b"] == pytest.approx(
        fit(parse_model(DECAY), many, b=1).parameters["b"], rel=1e-12, abs=0
    )
    residuals = Residuals(parse_model(DECAY), many, dict.fromkeys("abc", ()), {}, 5000)
    assert residuals.thinned(1000).rows == 1000 and residuals.thinned(999).rows == 834


class Frame:
    """What data frames of Polars have: names in order, and a column for each."""

    def __init__(self, columns):
        self._columns, self.columns = columns, list(columns)

    def __getitem__(self, name):
        return self._columns[name]


def test_columns_come_from_mappings_frames_and_structured_arrays_and_new_ones_are_predicted():
    columns = decay()
    result = fit(parse_model(DECAY), columns, b=1)
    array = np.empty(40, dtype=[("t", float), ("y", float)])
    array["t"], array["y"] = columns["t"], columns["y"]
    for data in (Frame(columns), array):
        assert fit(parse_model(DECAY), data, b=1).parameters == result.parameters
    with pytest.raises(TypeError, match="a mapping or a data frame is expected, not list"):
        fit(parse_model(DECAY), [1, 2], b=1)
    bands = result.predict(Frame({"t": [0.0, 1.0]}))
    a, b, c = (result.parameters[name] for name in "abc")
    assert bands.fitted == pytest.approx([a + c, a * math.exp(-b) + c], rel=1e-14, abs=0)
    jacobian = np.array([[1.0, 0.0, 1.0], [math.exp(-b), -a * math.exp(-b), 1.0]])
    places = [result.statistics.entries.index(name) for name in "abc"]
    covariance = result.statistics.covariance[np.ix_(places, places)]
    own = np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian)
    half = 2.0261924630291093  # Student's, of 37 degrees of freedom
    noise = result.statistics.reduced_chi_square
    assert bands.confidence_upper - bands.fitted == pytest.approx(half * np.sqrt(own), rel=1e-9, abs=0)
    assert bands.prediction_upper - bands.fitted == pytest.approx(half * np.sqrt(own + noise), rel=1e-9, abs=0)
    known = result.predict({"t": [1.0]}, sigma=0.0)
    assert known.prediction_lower == pytest.approx(known.confidence_lower, rel=1e-14, abs=0)
    with pytest.raises(ExpressionError, match="no column t"):
        result.predict({"x": [1.0]})
