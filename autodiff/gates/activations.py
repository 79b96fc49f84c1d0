"""The squashing and rectifying functions of neural networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop.autodiff.declaration.gate import Corner, Hazard, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import exponential, kinked, rounding, slopes, special, trigonometric
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals, stable
from backprop.autodiff.numerics.routines import logaddexp as logaddexp_routine

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def vanishing(x: Node) -> Node:
    """x as the factor of what vanishes exponentially."""
    return slopes.held(x, bound=slopes.EXPONENTIAL)


def sigmoid_by_one_exponential(x: Node) -> Node:
    """e^min(x, 0) is e^-|x| below 0, and 1 above."""
    decay = np.exp(-np.abs(x))
    result: Node = (x < 0.0).where(decay, 1.0) / (1.0 + decay)
    return result


sigmoid: Elementwise = Elementwise(
    "sigmoid",
    stable.sigmoid,
    lambda x, out: sigmoid_slope(x),
    aliases=("logistic",),
    is_composed=True,
    quick=lambda x: sigmoid_by_one_exponential(x),
    hazard=Hazard.SATURATES,
    has_no_zero=True,
    enclosure=intervals.between(),
    summary="1/(1 + exp(-x)), without overflow",
    habit="squashes into (0, 1); scales the gradient by sigmoid(x)*(1 - sigmoid(x)), at most 1/4",
    source="the quotient rule",
    samples=(at(-3.0), at(40.0), at(-700.0), at(1e-9)),
)
logit = Elementwise(
    "logit",
    stable.logit,
    lambda x, out: 1 / (x * (1 - x)),
    is_composed=True,
    summary="log(x/(1 - x)), the inverse of sigmoid",
    source="the inverse function rule",
    samples=(at(0.25), at(0.5000001), at(1e-12), at(0.999999)),
)
softplus = Elementwise(
    "softplus",
    stable.softplus,
    lambda x, out: sigmoid(x),
    is_composed=True,
    has_no_zero=True,
    enclosure=intervals.between(),
    summary="log(1 + exp(x)), without overflow",
    source="the chain rule",
    samples=(at(-3.0), at(40.0), at(-700.0), at(800.0)),
)
logsigmoid = Elementwise(
    "logsigmoid",
    stable.logsigmoid,
    lambda x, out: sigmoid(-x),
    is_composed=True,
    enclosure=intervals.between(),
    summary="log(sigmoid(x)), where sigmoid(x) underflows or is 1, too",
    source="the chain rule",
    samples=(at(-3.0), at(40.0), at(-800.0), at(700.0)),
)
logaddexp = Elementwise(
    "logaddexp",
    stable.logaddexp,
    lambda x, y, out: logaddexp_slope(x, y),
    lambda x, y, out: logaddexp_slope(y, x),
    operands=("x", "y"),
    keeps_digits=True,
    routine=logaddexp_routine.logaddexp,
    summary="log(exp(x) + exp(y)), without overflow",
    habit="shares the gradient out by sigmoid(x - y)",
    source="the chain rule",
    samples=(at(0.5, -2.0), at(800.0, 799.0), at(-800.0, -100.0), at(1.5, 1.5)),
)
softsign = Elementwise(
    "softsign",
    stable.softsign,
    lambda x, out: 1 / (1 + rounding.absolute(x)) / (1 + rounding.absolute(x)),  # the square overflows first
    has_kink=True,
    is_composed=True,
    enclosure=intervals.between(),
    summary="x/(1 + abs(x))",
    habit="squashes into (-1, 1); divides the gradient by (1 + abs(x))^2",
    source="the quotient rule",
    samples=(at(-3.0), at(0.5)),
    corners=(Corner((0.0,), 0.0, (1.0,)),),
)
relu: Elementwise = Elementwise(
    "relu",
    lambda x: np.maximum(x, 0.0),
    lambda x, out: kinked.passes(x, 0),
    is_selection=True,
    partners=lambda x: [(kinked.passes(x, 0), relu(x)), (x > 0.0, relu(x))],
    is_composed=True,
    enclosure=intervals.between(),
    summary="max(x, 0)",
    habit="passes the gradient where x is positive and stops it elsewhere",
    source="subgradient 0 at 0",
    samples=(at(2.0), at(-0.5)),
    corners=(Corner((0.0,), 0.0, (0.0,)),),
)
leaky_relu = Elementwise(
    "leaky_relu",
    lambda x, a: np.where(x > 0, x, a * x)[()],
    lambda x, a, out: kinked.passes(x, 0).where(1.0, a),
    lambda x, a, out: kinked.passes(x, 0).where(0.0, x),
    is_selection=True,
    operands=("x", "a"),
    defaults={"a": 0.01},
    is_composed=True,
    summary="x where x is positive, a*x elsewhere",
    habit="passes the gradient where x is positive and scales it by a elsewhere",
    source="by pieces; slope a at 0",
    samples=(at(2.0, 0.01), at(-0.5, 0.2)),
    corners=(Corner((0.0, 0.1), 0.0, (0.1, 0.0)),),
)
elu = Elementwise(
    "elu",
    stable.elu,
    lambda x, a, out: kinked.passes(x, 0).where(1.0, a * exponential.exp(x)),
    lambda x, a, out: kinked.passes(x, 0).where(0.0, exponential.expm1(x)),
    operands=("x", "a"),
    defaults={"a": 1.0},
    has_kink=True,
    is_composed=True,
    summary="x where x is positive, a*(exp(x) - 1) elsewhere",
    habit="passes the gradient where x is positive and scales it by a*exp(x) elsewhere",
    source="Clevert et al. (2015), equation 15",
    samples=(at(2.0, 1.0), at(-0.5, 0.7), at(-700.0, 1.0), at(800.0, 1.0)),
    corners=(Corner((0.0, 0.5), 0.0, (0.5, 0.0)),),
)
selu = Elementwise(
    "selu",
    stable.selu,
    lambda x, out: kinked.passes(x, 0).where(stable.SELU_SCALE, stable.SELU_SCALED_ALPHA * exponential.exp(x)),
    has_kink=True,
    is_composed=True,
    summary="the self-normalizing elu",
    habit="scales the gradient by 1.0507 where x is positive and by 1.7581*exp(x) elsewhere",
    source="Klambauer et al. (2017), equation 2",
    samples=(at(2.0), at(-0.5), at(-700.0)),
    corners=(Corner((0.0,), 0.0, (stable.SELU_SCALED_ALPHA,)),),
)
gelu = Elementwise(
    "gelu",
    stable.gelu,
    lambda x, out: special.normcdf(x) + vanishing(x) * special.normpdf(x),
    kernel=lambda x: np.maximum(x, -stable.LARGEST) * special.normcdf(x),
    keeps_digits=True,
    summary="x*normcdf(x), exact",
    source="Hendrycks & Gimpel (2016)",
    samples=(at(-3.0), at(0.5), at(-30.0), at(800.0)),
)
silu = Elementwise(
    "silu",
    stable.silu,
    lambda x, out: sigmoid(x) + vanishing(out) * sigmoid(-x),  # x*sigmoid(x) has digits where sigmoid(x) has few
    aliases=("swish",),
    is_composed=True,
    summary="x*sigmoid(x)",
    habit="scales the gradient by sigmoid(x) + silu(x)*(1 - sigmoid(x))",
    source="the product rule",
    samples=(at(-3.0), at(0.5), at(-700.0), at(-720.0), at(800.0)),
)
mish = Elementwise(
    "mish",
    stable.mish,
    lambda x, out: trigonometric.tanh(softplus(x)) + vanishing(silu(x)) * trigonometric.tanh_slope(softplus(x)),
    is_composed=True,
    summary="x*tanh(softplus(x))",
    source="Misra (2019); the product rule",
    samples=(at(-3.0), at(0.5), at(-700.0), at(800.0)),
)
hard_tanh = Elementwise(
    "hard_tanh",
    lambda x: np.minimum(np.maximum(x, -1.0), 1.0),
    lambda x, out: kinked.passes(1, rounding.absolute(x)),
    is_selection=True,
    is_composed=True,
    summary="x held between -1 and 1",
    habit="passes the gradient inside (-1, 1) and stops it elsewhere",
    source="by pieces; slope 0 at -1 and 1",
    samples=(at(0.5), at(-2.0), at(2.0)),
    corners=(Corner((1.0,), 1.0, (0.0,)), Corner((-1.0,), -1.0, (0.0,))),
)
hard_sigmoid = Elementwise(
    "hard_sigmoid",
    lambda x: np.minimum(np.maximum(x / 6 + 0.5, 0.0), 1.0),
    lambda x, out: kinked.passes(3, rounding.absolute(x)).where(1 / 6, 0.0),
    is_selection=True,
    is_composed=True,
    summary="x/6 + 1/2 held between 0 and 1",
    habit="scales the gradient by 1/6 inside (-3, 3) and stops it elsewhere",
    source="by pieces; slope 0 at -3 and 3",
    samples=(at(0.5), at(-4.0), at(4.0)),
    corners=(Corner((3.0,), 1.0, (0.0,)), Corner((-3.0,), 0.0, (0.0,))),
)
sigmoid_slope: Elementwise = slopes.slope(
    "sigmoid_slope",
    stable.sigmoid_slope,
    # 1 - 2*sigmoid(x) would cancel near 0
    lambda x, out: -(out * trigonometric.tanh(x / 2)),
    is_composed=True,
    enclosure=intervals.between(0.0),
    of="sigmoid",
    textbook=lambda x: sigmoid(x) * (1 - sigmoid(x)),
    source="sigmoid(x)*sigmoid(-x); 1 - sigmoid(x) is 0 from x = 37",
    samples=(at(-3.0), at(0.01), at(40.0), at(-700.0)),
)

logaddexp_slope: Elementwise = slopes.slope(
    "logaddexp_slope",
    stable.logaddexp_slope,
    lambda x, y, out: out * logaddexp_slope(y, x),
    lambda x, y, out: -(out * logaddexp_slope(y, x)),
    is_composed=True,
    of="logaddexp by x",
    operands=("x", "y"),
    textbook=lambda x, y: sigmoid(x - y),
    source="sigmoid(x - y)",
    samples=(at(0.5, -2.0), at(800.0, 799.0), at(-800.0, -100.0)),
)
