"""The error function, the normal distribution, the gamma function and its kin, sinc."""

from __future__ import annotations

import math

from backprop.autodiff import shapes
from backprop.autodiff.gate import REQUIRED, Attribute, Corner, at
from backprop.autodiff.gates import elementary
from backprop.autodiff.kinds import Elementwise
from backprop.autodiff.numerics import special

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
ORDER = {"order": Attribute(shapes.as_size, REQUIRED)}

erf = Elementwise(
    "erf",
    special.erf,
    lambda x, out: TWO_OVER_ROOT_PI * elementary.exp(-(x**2)),
    summary="the error function",
    habit="scales the gradient by 2/sqrt(pi)*exp(-x^2)",
    source="DLMF 7.10.1",
    samples=(at(0.5), at(-2.0), at(1e-9)),
)
erfc = Elementwise(
    "erfc",
    special.erfc,
    lambda x, out: -TWO_OVER_ROOT_PI * elementary.exp(-(x**2)),
    summary="1 - erf(x), exact for large x",
    habit="scales the gradient by -2/sqrt(pi)*exp(-x^2)",
    source="DLMF 7.10.1",
    samples=(at(0.5), at(-2.0), at(20.0)),
)
normcdf = Elementwise(
    "normcdf",
    special.normcdf,
    lambda x, out: normpdf(x),
    summary="the standard normal distribution function",
    habit="scales the gradient by normpdf(x)",
    source="by definition",
    samples=(at(0.5), at(-2.0), at(-30.0)),
)
normpdf: Elementwise = Elementwise(
    "normpdf",
    special.normpdf,
    lambda x, out: -(x * out),
    summary="the standard normal density, exp(-x^2/2)/sqrt(2*pi)",
    habit="scales the gradient by -x*normpdf(x)",
    source="the chain rule",
    samples=(at(0.5), at(-2.0), at(-30.0)),
)
gamma = Elementwise(
    "gamma",
    special.gamma,
    lambda x, out: out * digamma(x),
    summary="the gamma function",
    habit="scales the gradient by gamma(x)*digamma(x)",
    source="DLMF 5.2.2",
    samples=(at(0.5), at(4.5), at(-1.5), at(1.4616)),
)
lgamma = Elementwise(
    "lgamma",
    special.lgamma,
    lambda x, out: digamma(x),
    summary="log(abs(gamma(x))), without overflow",
    habit="scales the gradient by digamma(x)",
    source="DLMF 5.2.2",
    samples=(at(0.5), at(4.5), at(1e10), at(1.0000001), at(-1.5)),
)
digamma: Elementwise = Elementwise(
    "digamma",
    special.digamma,
    lambda x, out: polygamma(x, order=1),
    summary="the derivative of lgamma",
    habit="scales the gradient by the trigamma function of x",
    source="DLMF 5.15.1",
    samples=(at(0.5), at(4.5), at(-1.5), at(1.4616)),
)
polygamma: Elementwise = Elementwise(
    "polygamma",
    lambda x, order: special.polygamma(order, x),
    lambda x, out: polygamma(x, order=out.settings["order"] + 1),
    attributes=ORDER,
    summary="the derivative of digamma of that order",
    habit="scales the gradient by the polygamma function one order up",
    source="DLMF 5.15.1",
    samples=(at(0.5, order=1), at(4.5, order=2), at(-1.5, order=1)),
)
sinc = Elementwise(
    "sinc",
    lambda x: special.sinc_derivative(0, x),
    lambda x, out: sinc_derivative(x, order=1),
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
    attributes=ORDER,
    summary="the derivative of sinc of that order",
    habit="scales the gradient by the next derivative of sinc",
    source="x*f(n) + n*f(n-1) = sin(pi*x + n*pi/2)*pi^(n-1), f(n) being the derivative of order n",
    samples=(at(0.5, order=1), at(-2.5, order=2), at(1e-6, order=1)),
)
