"""The error function, the normal distribution, the gamma function and its kin, sinc."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Corner, Hazard, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import exponential, slopes
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals, normal, odd, special
from backprop.autodiff.numerics.double_double import two_product
from backprop.autodiff.numerics.routines import gamma as gamma_routines
from backprop.autodiff.numerics.routines import of_numbers
from backprop.autodiff.numerics.routines import sinc as sinc_routines
from backprop.autodiff.numerics.special import NORMAL_LIMIT, SQRT_HALF, TWO_OVER_SQRT_PI

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node
    from backprop.autodiff.shapes import Array


def as_positive_order(value: Array) -> int:
    """The order of a derivative that is not the function itself."""
    order = shapes.as_order(value)
    if order == 0:
        raise ExpressionError("order 0 is the function itself", cure=f"orders run from 1 to {shapes.MOST_DERIVATIVES}")
    return order


ORDER = {"order": Attribute(shapes.as_order, REQUIRED)}
POSITIVE_ORDER = {"order": Attribute(as_positive_order, REQUIRED)}


def error_slope(x: Node) -> Node:
    return 2 / exponential.sqrt(x.graph.constant(math.pi, "pi")) * exponential.exp(-(x**2))


def logerfc_textbook(x: Node, order: int) -> Node:
    """The derivative of log(erfc(x)) = log(2*normcdf(-sqrt(2)*x)) by x and 2/sqrt(pi)*exp(-x^2)/erfc(x)."""
    scaled = {
        (i, j): (-1) ** (order + i) * 2 ** ((order + i - j) // 2) * factor
        for (i, j), factor in normal.hazard_polynomial(order).items()
    }
    result: Node = normal.value_of(scaled, x, error_slope(x) / erfc(x))
    return result


# The same digits by functions that every language has -------------------------------------------------------------


def bounded(x: Any) -> Any:
    return np.minimum(np.maximum(x, -NORMAL_LIMIT), NORMAL_LIMIT)


def normcdf_kernel(x: Node) -> Any:
    held = -bounded(x)
    high, error = two_product(held, x.graph.constant(SQRT_HALF.high))
    low = error + held * SQRT_HALF.low
    slope = TWO_OVER_SQRT_PI * exponential.exp(-high * high)
    return 0.5 * (erfc(high) - slope * low)


def lognormcdf_kernel(x: Any) -> Any:
    tail = normal.log_cdf_tail(np.minimum(x, normal.TAIL), -normal.TAIL)
    near = (x < 0.0).where(exponential.log(normcdf(x)), exponential.log1p(-normcdf(-x)))
    return (x < normal.TAIL).where(tail, near)


def logerfc_kernel(x: Any) -> Any:
    tail = normal.log_erfc_tail(np.maximum(x, -normal.TAIL), -normal.TAIL)
    near = (x > 0.5).where(exponential.log(erfc(x)), exponential.log1p(-erf(x)))
    return (x > -normal.TAIL).where(tail, near)


def lognormcdf_derivative_kernel(x: Any, order: int) -> Any:
    held = bounded(x)
    return log_cdf_derivative(order, x, normpdf(held) / normcdf(held))


def logerfc_derivative_kernel(x: Any, order: int) -> Any:
    held = bounded(x)
    density: Any = (TWO_OVER_SQRT_PI / normal.SQRT_TWO) * special.exp_of_minus_square(held)
    hazard = density / erfc(held)
    return (-normal.SQRT_TWO) ** order * log_cdf_derivative(order, -normal.SQRT_TWO * x, hazard)


def log_cdf_derivative(order: int, y: Any, hazard: Any) -> Any:
    """The derivative of log Φ at y: by moments left of TAIL, by its polynomial elsewhere."""
    tail = normal.from_moments(order, np.maximum(-y, -normal.TAIL), -normal.TAIL)
    near = normal.value_of(normal.hazard_polynomial(order), bounded(y), hazard)
    return (y < normal.TAIL).where(tail, near)


erf = Elementwise(
    "erf",
    special.erf,
    lambda x, out: erf_slope(x),
    odd=odd.ERF,
    code={"math": "erf"},
    hazard=Hazard.SATURATES,
    enclosure=intervals.between(),
    summary="the error function",
    source="DLMF 7.10.1",
    samples=(at(0.5), at(-2.0), at(1e-9)),
)
erfc = Elementwise(
    "erfc",
    special.erfc,
    lambda x, out: -erf_slope(x),
    code={"math": "erfc"},
    hazard=Hazard.SATURATES,
    enclosure=intervals.between(),
    summary="1 - erf(x), exact for large x",
    habit="scales the gradient by -2/sqrt(pi)*exp(-x^2)",
    source="DLMF 7.10.1",
    samples=(at(0.5), at(-2.0), at(20.0)),
)
erf_slope: Elementwise = slopes.slope(
    "erf_slope",
    lambda x: TWO_OVER_SQRT_PI * np.exp(-(x * x)),
    lambda x, out: -(2 * slopes.held(x, bound=slopes.EXPONENTIAL) * out),
    kernel=error_slope,
    of_floats=lambda x: TWO_OVER_SQRT_PI * math.exp(-(x * x)),
    enclosure=intervals.between(0.0),
    of="erf",
    textbook=error_slope,
    source="DLMF 7.10.1",
    samples=(at(0.5), at(-2.0), at(20.0)),
)
normcdf = Elementwise(
    "normcdf",
    special.normcdf,
    lambda x, out: normpdf(x),
    kernel=normcdf_kernel,
    keeps_digits=True,
    hazard=Hazard.SATURATES,
    enclosure=intervals.between(),
    summary="the standard normal distribution function",
    source="by definition",
    samples=(at(0.5), at(-2.0), at(-30.0)),
)
normpdf: Elementwise = Elementwise(
    "normpdf",
    special.normpdf,
    lambda x, out: -(slopes.held(x, bound=slopes.EXPONENTIAL) * out),
    is_composed=True,
    hazard=Hazard.OVERFLOWS,
    has_no_zero=True,
    enclosure=intervals.between(0.0),
    summary="the standard normal density, exp(-x^2/2)/sqrt(2*pi)",
    habit="scales the gradient by -x*normpdf(x)",
    source="the chain rule",
    samples=(at(0.5), at(-2.0), at(-30.0)),
)
lognormcdf = Elementwise(
    "lognormcdf",
    normal.lognormcdf,
    lambda x, out: lognormcdf_derivative(x, order=1),
    kernel=lognormcdf_kernel,
    summary="log(normcdf(x)), where normcdf(x) underflows or is 1, too",
    habit="scales the gradient by normpdf(x)/normcdf(x), which is about -x far on the left",
    source="the chain rule; DLMF 7.8 for Mills' ratio",
    samples=(at(0.5), at(-2.0), at(-40.0), at(8.0)),
)
logerfc = Elementwise(
    "logerfc",
    normal.logerfc,
    lambda x, out: logerfc_derivative(x, order=1),
    kernel=logerfc_kernel,
    summary="log(erfc(x)), where erfc(x) underflows, too",
    habit="scales the gradient by -2/sqrt(pi)*exp(-x^2)/erfc(x), which is about -2*x far on the right",
    source="the chain rule; DLMF 7.8 for Mills' ratio",
    samples=(at(0.5), at(-2.0), at(27.0), at(1e-9)),
)
lognormcdf_derivative: Elementwise = Elementwise(
    "lognormcdf_derivative",
    lambda x, order: normal.lognormcdf_derivative(order, x),
    lambda x, out: lognormcdf_derivative(x, order=out.settings["order"] + 1),
    attributes=POSITIVE_ORDER,
    kernel=lognormcdf_derivative_kernel,
    textbook=lambda x, order: normal.value_of(normal.hazard_polynomial(order), x, normpdf(x) / normcdf(x)),
    summary="the derivative of lognormcdf of that order",
    habit="scales the gradient by the next derivative of lognormcdf",
    source="the cumulants of a truncated normal distribution; h' = -h*(x + h) for h = normpdf(x)/normcdf(x)",
    samples=(at(0.5, order=1), at(-40.0, order=1), at(-40.0, order=2), at(-1.25, order=2), at(-7.0, order=3)),
)
logerfc_derivative: Elementwise = Elementwise(
    "logerfc_derivative",
    lambda x, order: normal.logerfc_derivative(order, x),
    lambda x, out: logerfc_derivative(x, order=out.settings["order"] + 1),
    attributes=POSITIVE_ORDER,
    kernel=logerfc_derivative_kernel,
    textbook=lambda x, order: logerfc_textbook(x, order),
    summary="the derivative of logerfc of that order",
    habit="scales the gradient by the next derivative of logerfc",
    source="erfc(x) = 2*normcdf(-sqrt(2)*x)",
    samples=(at(0.5, order=1), at(27.0, order=1), at(27.0, order=2), at(1.25, order=2), at(7.0, order=3)),
)
gamma = Elementwise(
    "gamma",
    of_numbers(gamma_routines.gamma, special.gamma),
    lambda x, out: out * digamma(x),
    routine=gamma_routines.gamma,
    code={"latex": r"\Gamma"},
    hazard=Hazard.OVERFLOWS,
    has_no_zero=True,
    summary="the gamma function",
    source="DLMF 5.2.2",
    samples=(at(0.5), at(4.5), at(-1.5), at(1.4616)),
)
lgamma = Elementwise(
    "lgamma",
    of_numbers(gamma_routines.lgamma, special.lgamma),
    lambda x, out: digamma(x),
    routine=gamma_routines.lgamma,
    code={"latex": r"\log\left|\Gamma\left({0}\right)\right|"},
    summary="log(abs(gamma(x))), without overflow",
    source="DLMF 5.2.2",
    samples=(at(0.5), at(4.5), at(1e10), at(1.0000001), at(-1.5)),
)
digamma: Elementwise = Elementwise(
    "digamma",
    of_numbers(gamma_routines.digamma, special.digamma),
    lambda x, out: polygamma(x, order=1),
    routine=gamma_routines.digamma,
    code={"latex": r"\psi"},
    summary="the derivative of lgamma",
    habit="scales the gradient by the trigamma function of x",
    source="DLMF 5.15.1",
    samples=(at(0.5), at(4.5), at(-1.5), at(1.4616)),
)
polygamma: Elementwise = Elementwise(
    "polygamma",
    lambda x, order: special.polygamma(order, x),
    lambda x, out: polygamma(x, order=out.settings["order"] + 1),
    routine=gamma_routines.polygamma,
    attributes={"order": Attribute(shapes.as_order, REQUIRED, elsewhere="SciPy has the order first")},
    code={"latex": r"\psi^{(<order>)}\left({0}\right)"},
    summary="the derivative of digamma of that order",
    habit="scales the gradient by the polygamma function one order up",
    source="DLMF 5.15.1",
    samples=(at(0.5, order=1), at(4.5, order=2), at(-1.5, order=1)),
)
sinc = Elementwise(
    "sinc",
    lambda x: special.sinc_derivative(0, x),
    lambda x, out: sinc_derivative(x, order=1),
    routine=sinc_routines.sinc,
    summary="sin(pi*x)/(pi*x), as in NumPy",
    habit="scales the gradient by the derivative of sinc",
    source="DLMF 3.3.43; the quotient rule",
    samples=(at(0.5), at(-2.5), at(1e-6), at(3.0)),
    corners=(Corner((0.0,), 1.0, (0.0,)),),
)
sinc_derivative: Elementwise = Elementwise(
    "sinc_derivative",
    lambda x, order: special.sinc_derivative(order, x),
    lambda x, out: sinc_derivative(x, order=out.settings["order"] + 1),
    routine=sinc_routines.sinc_derivative,
    attributes=ORDER,
    code={"latex": r"\operatorname{sinc}^{(<order>)}\left({0}\right)"},
    odd=odd.SINC_DERIVATIVE,
    summary="the derivative of sinc of that order",
    habit="scales the gradient by the next derivative of sinc",
    source="x*f(n) + n*f(n-1) = sin(pi*x + n*pi/2)*pi^(n-1), f(n) being the derivative of order n",
    samples=(at(0.5, order=1), at(-2.5, order=2), at(1e-6, order=1)),
)
