"""Lambert's W."""

from __future__ import annotations

from backprop.autodiff.declaration.gate import Corner, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import exponential, slopes
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import lambert

lambertw_slope: Elementwise = slopes.slope(
    "lambertw_slope",
    lambert.lambertw_slope,
    lambda z, out: -(out * out * ((2 + lambertw(z)) / (1 + lambertw(z)))),
    is_composed=True,
    of="lambertw",
    operands=("z",),
    textbook=lambda z: exponential.exp(-lambertw(z)) / (1 + lambertw(z)),
    source="DLMF 4.13.4",
    samples=(at(2.0), at(-0.3), at(1e10)),
)
lambertw: Elementwise = Elementwise(
    "lambertw",
    lambert.lambertw,
    lambda z, out: lambertw_slope(z),
    operands=("z",),
    is_composed=True,
    code={"latex": r"\operatorname{W}"},
    summary="the w >= -1 with w*exp(w) = z, the principal branch of Lambert's W",
    source="DLMF 4.13.4",
    samples=(at(2.0), at(-0.3), at(1e-9), at(1e10)),
    corners=(Corner((0.0,), 0.0, (1.0,)), Corner((-lambert.INVERSE_E[0],), -1.0, (np.inf,))),
)
