"""What has a variable of its own: `integral`, `root` and `argmin`, read, differentiated, and written again."""

import mpmath
import numpy as np
import pytest

from backprop.autodiff import compile, hessian, jvp, value_and_grad
from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.errors import ExpressionError
from backprop.parser import parse
from backprop.parser.printers.expression import show
from backprop.parser.printers.latex import show_latex

from ..closeness import close_to


def erf_root(p):
    return mpmath.findroot(lambda x: mpmath.erf(x) * mpmath.sqrt(mpmath.pi) / 2 - p, 0.5)


# Of one variable p at a point, and the same for mpmath.
TRUTHS = {
    "integral(exp(-p*t^2), t, 0, 1)": (0.7, lambda p: mpmath.sqrt(mpmath.pi / p) / 2 * mpmath.erf(mpmath.sqrt(p))),
    "integral(exp(-p*t^2), t, -inf, inf)": (0.7, lambda p: mpmath.sqrt(mpmath.pi / p)),
    "integral(sin(p*t)/t, t, p, 2*p)": (0.7, lambda p: mpmath.si(2 * p * p) - mpmath.si(p * p)),
    "integral(t^(p - 1)*exp(-t), t, 0, inf)": (0.6, mpmath.gamma),
    "integral(integral(p*x*y, x, 0, y), y, 0, p)": (0.7, lambda p: p**5 / 8),
    "root(x^3 + p*x - 2, x, 1)": (1.5, lambda p: mpmath.findroot(lambda x: x**3 + p * x - 2, 1)),
    "root(integral(exp(-t^2), t, 0, x) - p, x, p)": (0.5, erf_root),
    "argmin((x - p)^2 + x^4, x, 0)": (1.5, lambda p: mpmath.findroot(lambda x: 2 * (x - p) + 4 * x**3, 0.5)),
    "root([x[0]^2 + x[1] - p, x[0] - x[1]], x, [1, 1])[0]": (3.0, lambda p: (mpmath.sqrt(1 + 4 * p) - 1) / 2),
    "argmin(sum((x - [p, 1])^2) + x[0]^2*x[1]^2, x, [0, 0])[0]*0 + p": (0.5, lambda p: p),
}


@pytest.mark.parametrize("text, point, truth", [(text, *case) for text, case in TRUTHS.items()], ids=[*TRUTHS])
def test_values_and_two_derivatives_agree_with_mpmath(text, point, truth):
    graph = parse(text)
    with mpmath.workdps(30):
        expected = [float(one) for one in mpmath.taylor(truth, point, 2)]
    value, gradient = value_and_grad(graph, p=point)
    assert value == close_to(expected[0], rel=1e-14)
    assert gradient["p"] == close_to(expected[1], rel=1e-13)
    assert jvp(graph, {"p": 1.0}, p=point)[1] == close_to(expected[1], rel=1e-13)
    assert hessian(graph, p=point)["p"]["p"] == pytest.approx(2 * expected[2], rel=1e-12, abs=1e-12)
    values, gradients = compile(graph)(p=np.array([point, point]))
    np.testing.assert_allclose(values, expected[0], rtol=1e-14, atol=0)
    np.testing.assert_allclose(gradients["p"], expected[1], rtol=1e-13, atol=0)


@pytest.mark.parametrize("text, point", [(text, case[0]) for text, case in TRUTHS.items()], ids=[*TRUTHS])
def test_a_derivative_is_written_and_read_again(text, point):
    found = derivatives(parse(text))
    _, gradient = value_and_grad(parse(text), p=point)
    again = show(found.written["p"], {})
    value, _ = value_and_grad(parse(again), p=point) if "p" in again else (float(again), {})
    assert value == close_to(gradient["p"], rel=1e-12)
    assert show_latex(found.written["p"])


WRITTEN = {
    "integral(exp(-a*t^2), t, 0, 1)": "integral(-t^2 * exp(-a * t^2), t, 0, 1)",
    "root(x^2 - a, x, 1)": "1 / (2 * root(x^2 - a, x, 1))",
    "argmin((x - a)^2 + x^4, x, 0)": "2 / (2 + 12 * argmin((x - a)^2 + x^4, x, 0)^2)",
    "integral(exp(-t^2), t, 0, a)": "exp(-a^2)",
    # The variable inside makes way for what is given to it.
    "f(b) = integral(t^b, t, 1, 2); t = a; f(3*t)": "3 * integral(t2^(3 * t) * log(t2), t2, 1, 2)",
}


@pytest.mark.parametrize("text, written", WRITTEN.items(), ids=WRITTEN)
def test_derivatives_are_written_as_in_a_textbook(text, written):
    name = "t" if "t = a" in text else "a"
    if name == "t":
        text = text.replace("t = a; ", "")
    assert show(derivatives(parse(text)).written[name], {}) == written


def test_latex_has_the_signs_of_mathematics():
    assert show_latex(parse("integral(a*t + 1, t, 0, inf)^2").typed({}).result) == (
        r"\left(\int_{0}^{\infty} \left(a t + 1\right) \, \mathrm{d}t\right)^{2}"
    )
    assert show_latex(parse("root(x^2 - a, x, 1)").typed({}).result) == (
        r"\operatorname{root}_{x \approx 1} \left(x^{2} - a\right)"
    )


SAME = {
    "x*integral(x^2, x, 0, 1)": "x/3",
    "q = x + 1; integral(q*x, x, 0, 2)": "2*(x + 1)",
    "g(s) = s + t; x*0 + integral(g(t), t, 0, 1)": "t + 1/2 + x*0",
    "f(n) = integral(sum(t^i for i in 1:n), t, 0, x); f(2)": "x^2/2 + x^3/3",
    "n = 2; integral(sum(t^i for i in 1:n), t, 0, x)": "x^2/2 + x^3/3",
    "sum(integral(t^i, t, 0, x) for i in 1:2)": "x^2/2 + x^3/3",
    "step(s) = integral(s*t, t, 0, 2); iterate(step, x, 3)": "8*x",
    "integral(e*pi, e, 0, x)": "pi*x^2/2",
    "integral(x, t, a=0, b=2)": "2*x",
    "root(integral(u, u, 0, v) - x, v, 1)": "sqrt(2*x)",
    "root(y, z) = y*z; root(x, 3)": "3*x",
    "root = x; 2*root": "2*x",
}


@pytest.mark.parametrize("text, other", SAME.items(), ids=SAME)
def test_the_variable_is_known_inside_alone(text, other):
    graph, same = parse(text), parse(other)
    values = {name: 1.75 if name == "x" else 0.5 for name in same.variables}
    found, expected = value_and_grad(graph, **values), value_and_grad(same, **values)
    assert found[0] == close_to(expected[0], rel=1e-14)
    assert [found[1][name] for name in values] == close_to([expected[1][name] for name in values], rel=1e-14)


WRONG = [
    ("integral(x^2, 3, 0, 1)", "3", "the second argument is the variable"),
    ("integral(x^2, x + 1, 0, 1)", "x + 1", "the second argument is the variable"),
    ("integral(x^2, x)", "integral(x^2, x)", "'integral' needs a value for 'a'"),
    ("1 + integral(x^2)", "integral(x^2)", "'integral' needs a variable"),
    ("integral(x^2, x, 0, 1, 2)", "2", "'integral' has too many arguments"),
    ("root(x^2 - 2, x, begin=1)", "begin", "'root' has no argument 'begin'"),
    ("argmin(x^2, x, 1, start=2)", "start", "'start' is given twice"),
]


@pytest.mark.parametrize("text, place, reason", WRONG, ids=[one[0] for one in WRONG])
def test_what_is_wrong_is_pointed_at(text, place, reason):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert error.reason == reason and error.cure
    assert error.span is not None and text[error.span.start : error.span.end] == place


def test_what_is_nested_too_deep_is_refused():
    parse("integral(" * 50 + "x" + ", x, 0, 1)" * 50)
    with pytest.raises(ExpressionError, match="more than 50 are inside one another"):
        parse("integral(" * 400 + "x" + ", x, 0, 1)" * 400)


@pytest.mark.parametrize("text", ["integral(t, t, [0, 1], 2)", "root([x, x], x, 1)", "argmin([x, x], x, 1)"])
def test_shapes_that_do_not_fit_are_refused(text):
    with pytest.raises(ExpressionError, match="shape"):
        parse(text).typed({})


def test_a_jump_that_moves_is_refused_and_not_forgotten():
    graph = parse("integral(abs(t - a), t, 0, 1)")
    assert value_and_grad(graph, a=0.25)[1]["a"] == close_to(-0.5, rel=1e-14)
    with pytest.raises(ExpressionError, match="jumps or bends"):
        hessian(graph, a=0.25)  # 2, of which no integral of a derivative knows
    split = parse("integral(a - t, t, 0, a) + integral(t - a, t, a, 1)")
    assert hessian(split, a=0.25)["a"]["a"] == close_to(2.0, rel=1e-14)


@pytest.mark.parametrize("text", ["integral(1/x, x, 0, p)", "root(x^2 + p, x, 1)", "argmin(-p*x^2, x, 1)"])
def test_what_is_not_there_is_nan(text):
    assert np.isnan(value_and_grad(parse(text), p=2.0)[0])


@pytest.mark.parametrize(
    "text, found",
    {
        "root(exp(x), x, 1)": np.nan,  # 0 from -746 on
        "root(exp(x), x, -800)": np.nan,
        "root(exp(-x^2), x, 1)": np.nan,
        "root(exp(x)*(x - 1), x, -800)": 1.0,
        "root(x^2, x, 0)": 0.0,
        "root(relu(x - 1), x, 3)": 1.0,
        "root(relu(x), x, -1)": -1.0,
        "root(0*x, x, 3)": 3.0,
    }.items(),
)
def test_what_is_0_for_want_of_digits_is_no_root(text, found):
    np.testing.assert_equal(value_and_grad(parse(text))[0], found)


def test_a_double_root_has_an_infinite_derivative():
    value, gradient = value_and_grad(parse("root((x - 1)^2 - p, x, 3)"), p=0.0)
    assert (value, abs(gradient["p"])) == (1.0, np.inf)
