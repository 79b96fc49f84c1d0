"""Every entrywise gate against mpmath at 50 digits: its value, its partials and their derivatives, in both modes.

The points are the declaration's own samples and those below. A point where the real function has no value must
give nan or inf. What no point may be is a corner: those are in test_declared_corners.py.
"""

import math

import pytest

from backprop.autodiff.gates import GATES

from ..checks import check_oracle, check_second_derivatives
from ..oracles import Truth

ELEMENTWISE = [gate for gate in GATES if gate.has_local]
BELOW_ONE, ABOVE_ONE = math.nextafter(1, 0), math.nextafter(1, 2)

EVERYWHERE = (0.3, -0.3, 1.7, -1.7, 20.25, -20.25, 37.1, -37.1, 800.0, -800.0)
NEAR_ZERO = (1e-12, -1e-12, 1e-300, -1e-300)
NEAR_ONE = (BELOW_ONE, -BELOW_ONE, 1 - 1e-12, -1 + 1e-12, 0.9, -0.9)
ABOVE = (ABOVE_ONE, 1 + 1e-12, 1.1, 1e300)
GAMMA_AXIS = (-0.25, -2.000001, -10.5, -20.1, -100.3, 2.0, 3.0, 1.0 + 1e-9, 2.0 - 1e-9, 100.5)
QUARTER_TURNS = (math.pi / 2, math.pi, -math.pi / 2, 3 * math.pi, 1e5, 1e22)

SPECIAL_POINTS = {
    "asin": NEAR_ONE, "acos": NEAR_ONE, "atanh": NEAR_ONE, "asin_slope": NEAR_ONE, "atanh_slope": NEAR_ONE,
    "acosh": ABOVE, "acosh_slope": ABOVE[:-1],
    "log": (*NEAR_ONE, *ABOVE), "log2": (*NEAR_ONE, *ABOVE), "log10": (*NEAR_ONE, *ABOVE),
    "log1p": (*NEAR_ONE, *ABOVE), "sqrt": (*NEAR_ONE, *ABOVE), "cbrt": (*ABOVE, -1e300),
    "logit": (0.5, 0.5 + 1e-12, 0.5 - 1e-12, math.nextafter(0.5, 1), 0.25, 0.75, BELOW_ONE),
    "sin": QUARTER_TURNS, "cos": QUARTER_TURNS, "tan": QUARTER_TURNS, "sec": QUARTER_TURNS, "csc": QUARTER_TURNS,
    "cot": QUARTER_TURNS,
    "asec": (*ABOVE, -ABOVE_ONE, -1e300), "acsc": (*ABOVE, -ABOVE_ONE, -1e300), "acoth": (*ABOVE, -ABOVE_ONE, -1e300),
    "asec_slope": (*ABOVE[:-1], -ABOVE_ONE), "asech": NEAR_ONE, "acot": ABOVE, "acsch": ABOVE,
    "sech": (711.0, -744.0), "csch": (711.0, -744.0), "coth": (372.0, -18.0, 1e-5),
    "exprel": (712.5, -745.0, 1e-5, 1.0, 2.0), "sinhc": (712.5, -715.0, 1e-5, 1.0, 2.0),
    "exprel_derivative": (712.5, 1.0, -2.0), "sinhc_derivative": (712.5, 1.0, -2.0),
    "gamma": (*GAMMA_AXIS, 170.5), "lgamma": (*GAMMA_AXIS, -2.4570247382208006, 1e300),
    "digamma": (*GAMMA_AXIS, -0.504083008264455, 1e300),
    "sinc": (1.0, -2.0, 10.0, 0.999999, 1.5, 1e5 + 0.5), "sinc_derivative": (1.0, -2.0, 10.0, 0.999999),
    "gelu": (-0.7517916243, -37.0, 5.0), "silu": (-1.2784645427610738, -37.0), "mish": (-1.1924307, -37.0),
    "lognormcdf": (-1e308, -38.5, -5.0, -4.99, 38.0), "logerfc": (1e154, 26.6, 5.0, 4.99, -26.0),
    "lognormcdf_derivative": (-1e100, -38.5, -5.0, 1.0), "logerfc_derivative": (1e100, 26.6, 5.0, -0.2),
    "erfinv": (*NEAR_ONE, 0.84, 0.86), "norminv": (0.5 + 1e-9, 0.074, 0.076, 1 - 1e-12),
    "norminv_slope": (0.5 + 1e-9, 0.074, 0.076, 1 - 1e-12),
    "lambertw": (-0.36787944, -0.3679, -0.364, 1e300, 1e-5), "lambertw_slope": (-0.36787944, -0.364, 1e300),
    "erf": (5.0, 6.5), "erfc": (26.0, -6.0), "normcdf": (-37.0, 8.0), "normpdf": (37.0,),
    "exp": (709.0, -740.0), "expm1": (709.0, -37.0), "exp2": (1023.5, -1060.0), "sinh": (709.0,), "cosh": (709.0,),
    "asinh": (1e300, -1e300), "atan": (1e300,), "softsign": (1e300,), "asinh_slope": (1e300,),
}  # fmt: skip

PAIRS = ((3.0, 4.0), (-0.7, 1e-12), (1e150, 1e-150), (800.0, -800.5), (1e-300, 2.0), (0.3, 0.7), (-1.7, -0.2))
SPECIAL_TUPLES = {
    "pow": ((2.0, 0.5), (1e-300, 0.5), (1.0 + 1e-12, 1e6), (800.0, -3.5), (-2.0, 3.0), (-2.0, -3.0), (0.7, 1e-12)),
    "hypot": ((1e300, 1e-300), (-1e-300, 1e-300), (1e300, 1e300)),
    "atan2": ((1e-300, 1e300), (1e300, 1e-300), (1e-12, -1.0), (-1e-12, -1.0), (1.0, 1e-12)),
    "elu": ((-37.0, 2.0), (-1e-12, 2.0), (1e-12, 2.0), (800.0, -2.0)),
    "where": ((2.0, 800.0, -800.0), (0.0, 1e-300, 1e300), (-1e-300, 1.0, 2.0)),
    "clip": ((0.5, -800.0, 800.0), (-900.0, -800.0, 800.0), (900.0, -800.0, 800.0), (1.0, 3.0, 2.0)),
    "maximum": ((1e-12, -1e-12), (1.0, BELOW_ONE), (3.0, -1.0, 2.5, 7.0)),
    "minimum": ((1e-12, -1e-12), (1.0, BELOW_ONE), (3.0, -1.0, 2.5, 7.0)),
}
# 1e300 steps of the floor lie below: no difference is small enough. At 1e-300 mpmath takes seconds for gamma and for a
# quantile, minutes for beta.
SLOW_AT_TINY = ("gamma", "lgamma", "digamma", "polygamma", "norminv", "norminv_slope")
ONE_TINY = {name: {(1e-300,), (-1e-300,)} for name in SLOW_AT_TINY}
OF_GAMMA = ("gammainc", "gammaincc", "gamma_density", "gamma_density_slope", "gammainc_derivative")
TWO_FAR = {name: {(1e150, 1e-150), (1e-300, 2.0)} for name in ("beta", "lbeta", "polygamma_difference", *OF_GAMMA)}
NOT_HERE = {
    "mod": {(1e150, 1e-150)},
    "floordiv": {(1e150, 1e-150)},
    "binom": {(1e150, 1e-150), (1e-300, 2.0)},
    "binom_slope": {(1e150, 1e-150), (1e-300, 2.0)},
    "beta_slope": {(1e150, 1e-150), (1e-300, 2.0), (-0.7, 1e-12)},  # as beta itself, below
    "yn_slope": {(800.0,), (-800.0,)},
    **ONE_TINY,
    **TWO_FAR,
}
# x^y is 1e-600 at the first, and x^y/x a part of the derivative; the second lies 1e-297 below the first derivative.
# Next to its pole beta's mixed derivative is 1e-12 of the two products whose difference it is.
NO_SECOND_DERIVATIVE = {"pow": {(1e-300, 2.0)}, "gelu": {(37.1,)}, "beta": {(-0.7, 1e-12)}}


def points_of(gate):
    """The samples and the special points of a gate, by their attributes and the number of their operands."""
    groups = {}
    for sample in gate.samples:
        groups.setdefault((tuple(sample.attributes.items()), len(sample.operands)), []).append(sample.operands)
    more = [(one,) for one in (*EVERYWHERE, *NEAR_ZERO, *SPECIAL_POINTS.get(gate.name, ()))]
    more += [*PAIRS, *SPECIAL_TUPLES.get(gate.name, ())]
    for point in more:
        for attributes, count in list(groups):
            fits = len(point) == count or (gate.is_variadic and len(point) > gate.least_operands)
            if fits:
                groups.setdefault((attributes, len(point)), []).append(point)
    unfit = NOT_HERE.get(gate.name, set())
    return {key: [one for one in dict.fromkeys(points) if one not in unfit] for key, points in groups.items()}


CASES = [
    pytest.param(gate, dict(attributes), points, id="-".join([gate.name, *[str(one) for _, one in attributes], str(n)]))
    for gate in ELEMENTWISE
    for (attributes, n), points in points_of(gate).items()
]


@pytest.mark.parametrize("gate, attributes, points", CASES)
def test_value_and_partials_match_mpmath(gate, attributes, points):
    check_oracle(gate, points, attributes, lambda point: Truth(gate.name, point, tuple(attributes.items())))


@pytest.mark.parametrize("gate, attributes, points", CASES)
def test_second_derivatives_match_mpmath(gate, attributes, points):
    own = {sample.operands for sample in gate.samples}
    # Of a gate that stands for a derivative they are third derivatives, and promised at its own samples only.
    unfit = NO_SECOND_DERIVATIVE.get(gate.name, set())
    fit = [point for point in points if (gate.is_public or point in own) and point not in unfit]
    check_second_derivatives(gate, fit, attributes, lambda point: Truth(gate.name, point, tuple(attributes.items())))
