"""Random expressions: forward mode, reverse mode and SymPy's derivative at 50 digits are the same numbers.

The examples are derandomized: the same on every run. Expressions that leave the domain of a function, or that
rounding ruins, are passed over.
"""

import math
from functools import partial

import mpmath
import numpy as np
import sympy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import FUNCTIONS
from backprop.autodiff.passes.forward import tangents
from backprop.autodiff.passes.reverse import adjoints

from .building import Written, call, expression
from .sensitivity import rounding_error

NAMES = ("x", "y", "z")
steady = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def sigmoid(x):
    return 1 / (1 + sympy.exp(-x))


def normal(x):
    return sympy.erfc(-x / sympy.sqrt(2)) / 2


def positive_part(x):
    return sympy.Piecewise((x, x > 0), (0, True))


def beta(x, y):
    return sympy.gamma(x) * sympy.gamma(y) / sympy.gamma(x + y)


UNARY = {
    "sqrt": sympy.sqrt,
    "square": lambda x: x**2,
    "exp": sympy.exp,
    "exp2": lambda x: 2**x,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log": sympy.log,
    "log2": lambda x: sympy.log(x) / sympy.log(2),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "log1p": lambda x: sympy.log(1 + x),
    "deg2rad": lambda x: x * sympy.pi / 180,
    "rad2deg": lambda x: x * 180 / sympy.pi,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "sec": sympy.sec,
    "csc": sympy.csc,
    "cot": sympy.cot,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "asinh": sympy.asinh,
    "acosh": sympy.acosh,
    "atanh": sympy.atanh,
    **{
        name: getattr(sympy, name)
        for name in ("sech", "csch", "coth", "asec", "acsc", "acot", "asech", "acsch", "acoth")
    },
    "exprel": lambda x: (sympy.exp(x) - 1) / x,
    "sinhc": lambda x: sympy.sinh(x) / x,
    "sigmoid": sigmoid,
    "logit": lambda x: sympy.log(x / (1 - x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "logsigmoid": lambda x: sympy.log(sigmoid(x)),
    "lognormcdf": lambda x: sympy.log(normal(x)),
    "logerfc": lambda x: sympy.log(sympy.erfc(x)),
    "softsign": lambda x: x / (1 + sympy.Abs(x)),
    "relu": positive_part,
    "elu": lambda x: sympy.Piecewise((x, x > 0), (sympy.exp(x) - 1, True)),
    "gelu": lambda x: x * normal(x),
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * sympy.tanh(sympy.log(1 + sympy.exp(x))),
    "erf": sympy.erf,
    "erfinv": sympy.erfinv,
    **{f"{kind}{n}": partial(getattr(sympy, f"bessel{kind}"), n) for kind in "jyik" for n in (0, 1)},
    "lambertw": sympy.LambertW,
    "norminv": lambda x: sympy.sqrt(2) * sympy.erfinv(2 * x - 1),
    "erfc": sympy.erfc,
    "normcdf": normal,
    "normpdf": lambda x: sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi),
    "gamma": sympy.gamma,
    "lgamma": lambda x: sympy.log(sympy.Abs(sympy.gamma(x))),
    "digamma": sympy.digamma,
    "sinc": lambda x: sympy.sinc(sympy.pi * x),
    "abs": sympy.Abs,
    "negative": lambda x: -x,
}
BINARY = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "^": lambda x, y: x**y,
    "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    "xlogy": lambda x, y: x * sympy.log(y),
    "logaddexp": lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y)),
    "atan2": sympy.atan2,
    "beta": beta,
    "lbeta": lambda x, y: sympy.log(sympy.Abs(beta(x, y))),
    "binom": lambda x, y: sympy.gamma(x + 1) / sympy.gamma(y + 1) / sympy.gamma(x - y + 1),
    "max": lambda x, y: sympy.Piecewise((x, x > y), (y, y > x), ((x + y) / 2, True)),  # tied ones share
    "min": lambda x, y: sympy.Piecewise((x, x < y), (y, y < x), ((x + y) / 2, True)),
    "where": lambda x, y: sympy.Piecewise((x, x > y), (x * y, True)),
}
LEFT_OUT = {  # no derivative, or pieces that SymPy writes with its own conventions
    "jn", "yn", "iv", "kn", "gammainc", "gammaincc", "gammainc_derivative", "betainc", "betainc_derivative",
    "sign", "floor", "ceil", "round", "trunc", "cbrt", "clip", "leaky_relu", "selu", "hard_tanh", "hard_sigmoid",
    "maxout", "polygamma", "sinc_derivative", "lognormcdf_derivative", "logerfc_derivative",
    "exprel_derivative", "sinhc_derivative",
}  # fmt: skip


def test_the_functions_of_the_language_are_tried():
    entrywise = {name for name, gates in FUNCTIONS.items() if gates[0].has_local and name == gates[0].name}
    assert entrywise - LEFT_OUT - {"maximum", "minimum"} == {*UNARY, *BINARY} & set(FUNCTIONS) - {"max", "min"}


numbers = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0, -1.0, 0.25, -2.0])
leaves = st.sampled_from(NAMES) | numbers
trees = st.recursive(
    leaves,
    lambda branches: (
        st.tuples(st.sampled_from(sorted(UNARY)), branches)
        | st.tuples(st.sampled_from(sorted(BINARY)), branches, branches)
        | st.tuples(st.sampled_from(["+", "-", "*", "/", "^"]), branches, branches)
    ),
    max_leaves=10,
).filter(lambda tree: isinstance(tree, tuple))
points = st.fixed_dictionaries(
    {
        name: st.integers(1, 200).map(lambda steps: steps / 64) | st.integers(-128, -1).map(lambda steps: steps / 64)
        for name in NAMES
    }
)


def depth(tree) -> int:
    return 1 + max(map(depth, tree[1:])) if isinstance(tree, tuple) else 0


def names_of(tree) -> list[str]:
    if isinstance(tree, tuple):
        return sorted({name for branch in tree[1:] for name in names_of(branch)})
    return [tree] if isinstance(tree, str) else []


def as_graph(tree, inputs):
    """The gates of a tree; a number becomes a constant where a gate takes it."""
    if not isinstance(tree, tuple):
        return inputs[tree] if isinstance(tree, str) else tree
    name, *branches = tree
    operands = [as_graph(branch, inputs) for branch in branches]
    if not any(isinstance(one, Written) for one in operands):
        operands[0] = Written(next(iter(inputs.values())).node.graph.constant(operands[0]))
    if name == "where":
        first, second = operands
        return call("where", call(">", first, second), first, call("*", first, second))
    return call(name, *operands)


def as_sympy(tree):
    if isinstance(tree, tuple):
        name, *branches = tree
        return (UNARY | BINARY)[name](*map(as_sympy, branches))
    return sympy.Symbol(tree, real=True) if isinstance(tree, str) else sympy.Rational(tree)


def derivatives_by_sympy(tree, names, point):
    """Each partial to 50 digits, or None where SymPy has no finite real number.

    SymPy writes 1 - tanh(x)^2, so that 50 digits are 50 only if 100 more say the same.
    """
    symbols = [sympy.Symbol(name, real=True) for name in names]
    results = []
    for symbol in symbols:
        try:
            function = sympy.lambdify(symbols, sympy.diff(as_sympy(tree), symbol), "mpmath")
            rough, found = (evaluated(function, names, point, digits) for digits in (100, 200))
        except (ZeroDivisionError, ValueError, TypeError, KeyError, OverflowError, mpmath.libmp.ComplexResult):
            return None
        with mpmath.workdps(50):
            if isinstance(found, mpmath.mpc) or not abs(rough - found) <= abs(found) * mpmath.mpf(10) ** -49:
                return None
        results.append(found)
    return results


def evaluated(function, names, point, digits):
    with mpmath.workdps(digits):
        return mpmath.mpmathify(function(*[mpmath.mpf(point[name]) for name in names]))


@settings(steady, max_examples=300)
@given(trees, points)
def test_both_modes_and_sympy_agree(tree, point):
    names = names_of(tree)
    assume(names and depth(tree) <= 6)
    graph = expression(lambda *inputs: as_graph(tree, dict(zip(names, inputs, strict=True))), *names)
    typed = graph.typed({})
    inputs = [typed.inputs[name] for name in names]
    values = {name: np.float64(point[name]) for name in names}
    zero = typed.constant(0.0)
    reverse = [adjoints(typed, typed.result, typed.constant(1.0), inputs).of.get(node, zero) for node in inputs]
    forward = [tangents(typed, [typed.result], {node: typed.constant(1.0)}).get(typed.result, zero) for node in inputs]
    steps = evaluate([node for node in typed.nodes[: typed.result.index + 1] if node.inputs], values)
    assume(all(step == 0 or 1e-100 < abs(step) < 1e100 for step in steps))
    by_reverse, by_forward = evaluate(reverse, values), evaluate(forward, values)
    assume(all(map(math.isfinite, [*by_reverse, *by_forward])))
    allowed = rounding_error(reverse, values, by_reverse)
    assume(all(map(math.isfinite, allowed)))  # not where a whole exponent of a negative number must stay whole
    for one, other, error in zip(by_reverse, by_forward, allowed, strict=True):
        assert abs(one - other) <= 1e-13 * abs(one) + error
    exact = derivatives_by_sympy(tree, names, point)
    assume(exact is not None)
    for one, truth, error in zip(by_reverse, exact, allowed, strict=True):
        assume(truth == 0 or (error <= 1e-6 * abs(truth) and abs(truth) > 1e-290))
        assert abs(one - truth) <= 1e-12 * abs(truth) + error
