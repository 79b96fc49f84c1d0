"""The inverses of the normal distribution function and of the error function."""

from __future__ import annotations

import math

from backprop.autodiff.declaration.gate import Corner, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import exponential, slopes, trigonometric
from backprop.autodiff.gates import special as special_gates
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import inverse_normal, special

norminv_slope: Elementwise = slopes.slope(
    "norminv_slope",
    lambda p: inverse_normal.norminv_slope(p, special.normcdf, special.normpdf),
    lambda p, out: norminv(p) * out * out,
    kernel=lambda p: inverse_normal.norminv_slope(p, special_gates.normcdf, special_gates.normpdf),
    of="norminv",
    operands=("p",),
    textbook=lambda p: 1 / special_gates.normpdf(norminv(p)),
    source="the inverse function rule",
    samples=(at(0.3), at(1e-9), at(0.99)),
)
norminv: Elementwise = Elementwise(
    "norminv",
    inverse_normal.norminv,
    lambda p, out: norminv_slope(p),
    operands=("p",),
    aliases=("ndtri", "probit", "normppf"),
    is_composed=True,
    code={"latex": r"\Phi^{-1}\left({0}\right)"},
    summary="the normal quantile, the inverse of normcdf",
    source="the inverse function rule",
    samples=(at(0.3), at(1e-9), at(0.99)),
    corners=(
        Corner((0.5,), 0.0, (math.sqrt(2.0 * math.pi),)),
        Corner((0.0,), -np.inf, (np.inf,)),
        Corner((1.0,), np.inf, (np.inf,)),
    ),
)
erfinv = Elementwise(
    "erfinv",
    inverse_normal.erfinv,
    lambda x, out: exponential.sqrt(trigonometric.pi_of(x)) / 2 * exponential.exp(out**2),
    is_composed=True,
    code={"latex": r"\operatorname{erf}^{-1}\left({0}\right)"},
    summary="the inverse of erf",
    source="the inverse function rule",
    samples=(at(0.3), at(-0.9), at(1e-9), at(0.9999)),
    corners=(Corner((1.0,), np.inf, (np.inf,)), Corner((-1.0,), -np.inf, (np.inf,))),
)
