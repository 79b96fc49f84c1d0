"""The elementwise gates as mpmath functions, and their derivatives to 50 digits: written anew, from no gate's rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial

import mpmath
from mpmath import mp, mpf

from . import incomplete_oracles as incomplete

DIGITS = 50
RELATIVE_STEP = mpf(10) ** -40
STEP_AT_ZERO = mpf(10) ** -60
TINIEST = 5e-324
SMALLEST_NORMAL = 2.2250738585072014e-308
SELU_SCALE = "1.0507009873554804934193349852946"
SELU_ALPHA = "1.6732632423543772848170429916717"


def cbrt(x):
    return mp.sign(x) * mp.cbrt(abs(x))


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    return mp.log1p(mp.exp(x))


FAR = -1000  # where mpmath's ncdf begins to take too long, and the asymptotic series has hundreds of digits


def asymptotic_moment(k, t):
    """The integral of s^k exp(-t s - s^2/2) over s > 0. Source: Watson's lemma, DLMF 2.4 (i)."""
    terms = ((-1) ** j * mp.factorial(2 * j + k) / (mpf(2) ** j * mp.factorial(j) * t ** (2 * j)) for j in range(100))
    return sum(terms) / t ** (k + 1)


def lognormcdf(x):
    if x < FAR:
        return -x * x / 2 - mp.log(mp.sqrt(2 * mp.pi)) + mp.log(asymptotic_moment(0, -x))
    return mp.log(mp.ncdf(x)) if x < 0 else mp.log1p(-mp.ncdf(-x))


def logerfc(x):
    return (
        mp.log(2) + lognormcdf(-mp.sqrt(2) * x) if x > -FAR else mp.log1p(-mp.erf(x)) if x < 1 else mp.log(mp.erfc(x))
    )


def log_cdf_derivative(x, order):
    """From h = npdf/ncdf by Leibniz's rule: h' = -h*v for v = x + h, and v' = 1 - h*v."""
    if x < 0:
        mp.dps += int(12 * order * (1 + mp.log(1 + abs(x), 10)))
    h = [1 / asymptotic_moment(0, -x) if x < FAR else mp.npdf(x) / mp.ncdf(x)]
    v = [x + h[0]]
    for n in range(order - 1):
        product = sum(mp.binomial(n, k) * h[k] * v[n - k] for k in range(n + 1))
        h.append(-product)
        v.append((1 if n == 0 else 0) - product)
    return h[order - 1]


def lognormcdf_derivative(x, order):
    with mp.workdps(mp.dps):
        result = log_cdf_derivative(x, order)
    return +result


def logerfc_derivative(x, order):
    return (-mp.sqrt(2)) ** order * lognormcdf_derivative(-mp.sqrt(2) * x, order)


def exprel_derivative(x, order):
    """The integral of t^order exp(x t) over 0 < t < 1. Source: DLMF 13.4.1."""
    return mp.hyp1f1(order + 1, order + 2, x) / (order + 1)


def bessel_far(x, n, sign):
    """Y (sign -1) and K (sign 1) by DLMF 10.17.4 and 10.40.2, whose least term is exp(-2 x) of the first."""
    terms, k = [mpf(1)], 0
    while abs(terms[-1]) > mp.eps and k < 2 * x:
        k += 1
        terms.append(terms[-1] * (4 * n * n - (2 * k - 1) ** 2) / (8 * k * x))
    if sign > 0:
        return mp.sqrt(mp.pi / (2 * x)) * mp.exp(-x) * mp.fsum(terms)
    angle = x - mp.pi * (2 * n + 1) / 4
    even, odd = [mp.fsum((-1) ** k * one for k, one in enumerate(terms[part::2])) for part in (0, 1)]
    return mp.sqrt(2 / (mp.pi * x)) * (mp.sin(angle) * even + mp.cos(angle) * odd)


def bessel_of_second_kind(x, n, sign):
    """Y (sign -1) and K (sign 1) by DLMF 10.8.1 and 10.31.1: where mpmath's own take seconds for a whole order."""
    if x <= 0:
        return mp.nan
    return bessel_far(x, n, sign) if x > 500 else bessel_near(x, n, sign, mp.prec)


@lru_cache(maxsize=1000)
def bessel_near(x, n, sign, precision):
    """The series; the slope of one order asks for both beside it, at the places where those have their own tests."""
    with mp.workdps(mp.dps + 20 + int(abs(x))):
        negligible = mp.eps * mpf(10) ** -10
        half = x / 2
        square, psi = sign * half * half, -2 * mp.euler + mp.fsum(1 / mpf(j) for j in range(1, n + 1))
        term, head, total, k = half**n / mp.factorial(n), mpf(0), mpf(0), 0
        first = mpf(0)
        while k <= half or abs(term * psi) > abs(total) * negligible:
            total, first = total + term * psi, first + term
            k += 1
            psi += mpf(n + 2 * k) / (k * (n + k))  # 1/k + 1/(n + k)
            term *= square / (k * (n + k))
        for k in range(n):
            head += (-sign) ** k * mp.factorial(n - k - 1) / mp.factorial(k) * half ** (2 * k - n)
        scale = mpf(-1) ** n / 2 if sign > 0 else -1 / mp.pi
        result = (head / 2 if sign > 0 else -head / mp.pi) + scale * (total - 2 * mp.log(half) * first)
    return +result


BESSEL: dict[str, Callable] = {
    "j": lambda x, n: mp.besselj(n, x),
    "y": partial(bessel_of_second_kind, sign=-1),
    "i": lambda x, n: mp.besseli(n, x),
    "k": partial(bessel_of_second_kind, sign=1),
}


@lru_cache(maxsize=1000)
def reciprocal_gamma_to(x, precision):
    """1/gamma(x); a function of several operands asks for it again and again where only others change."""
    return mp.rgamma(x)


def reciprocal_gamma(x):
    return reciprocal_gamma_to(x, mp.prec)


def beta(a, b):
    return reciprocal_gamma(a + b) / (reciprocal_gamma(a) * reciprocal_gamma(b))


def binomial(n, k):
    above = reciprocal_gamma(n + 1)
    return reciprocal_gamma(k + 1) * reciprocal_gamma(n - k + 1) / above if above else mp.binomial(n, k)


def log_abs_gamma(x):
    return mp.log(abs(mp.gamma(x))) if x < 100 else mp.loggamma(x)


def norminv(p):
    """Newton's iteration on the logarithm of the distribution function, which is concave: from the left of the root."""
    if not 0 < p < 1:
        return mp.nan
    if p > 0.5:
        return -norminv(1 - p)
    x = -mp.sqrt(-2 * mp.log(p))
    for _ in range(int(mp.log(mp.dps, 2)) + 6):
        x -= mp.log(mp.ncdf(x) / p) * mp.ncdf(x) / mp.npdf(x)
    return x


def elu(x, a):
    return x if x > 0 else a * mp.expm1(x)


def held(x, low, high):
    return min(max(x, low), high)


def unit_scale(size):
    if size <= 0:
        return mpf(1)
    exponent = mp.log(size, 2)
    return mpf(2) ** (-64 * mp.sign(exponent) * max(mp.ceil(abs(exponent) / 64) - 1, 0))


def radius_squared(y, x):
    return x * x + y * y


def odd_quotient(z, of, order):
    """(1/z d/dz)^order of g(z)/z, from the derivatives of g by Rayleigh's formula, as DLMF 10.49.14 has it for sin."""
    function = sinc_slope if of == "sinc_derivative" else getattr(mp, of)
    with mp.workdps(mp.dps + 20 + int((2 * order + 3) * max(0, -mp.log10(abs(z))))):
        terms = [
            (-1) ** m * mp.factorial(order + m) / (mp.factorial(m) * mp.factorial(order - m) * 2**m)
            * mp.diff(function, z, order - m) / z ** (order + m + 1)
            for m in range(order + 1)
        ]  # fmt: skip
        return mp.fsum(terms)


def sinc_slope(z):
    return mp.cospi(z) / z - mp.sinpi(z) / (mp.pi * z * z)


def power_partial(x, y, by_x, by_y):
    """The derivative of x^y by Leibniz' rule on exp(y log(x)), each factor differentiated by mpmath's own means."""
    base = x ** (y - by_x) if by_x else x**y
    rising = mp.taylor(lambda h: mp.fprod(y + h - place for place in range(by_x)), 0, by_y)
    return mp.fsum(
        mp.binomial(by_y, j) * mp.factorial(j) * rising[j] * base * mp.log(x) ** (by_y - j) for j in range(by_y + 1)
    )


def share(operands, position, extreme):
    """What the operand at `position` has of an extreme that tied ones share."""
    return mpf(operands[position] == extreme) / operands.count(extreme)


ORACLES: dict[str, Callable] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "limit_product": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "ratio": lambda x, y: x / y,
    "direction": lambda v, r: v / r,
    "radial": lambda u, v, r: u * v / r,
    "radial_x": lambda u, x, y: u * x / mp.hypot(x, y),
    "radial_y": lambda u, x, y: u * y / mp.hypot(x, y),
    "is_apart": lambda r: mpf(r != 0),
    "neg": lambda x: -x,
    "pow": lambda x, y: mp.power(x, y),
    "mod": lambda x, y: x - y * mp.floor(x / y),
    "floordiv": lambda x, y: mp.floor(x / y),
    "abs": abs,
    "sign": mp.sign,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "round": mp.nint,
    "sqrt": mp.sqrt,
    "cbrt": cbrt,
    "square": lambda x: x * x,
    "hypot": mp.hypot,
    "exp": mp.exp,
    "exp2": lambda x: mpf(2) ** x,
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "log1p": mp.log1p,
    "deg2rad": lambda x: x * mp.pi / 180,
    "rad2deg": lambda x: x * 180 / mp.pi,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "sec": mp.sec,
    "csc": mp.csc,
    "cot": mp.cot,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "sech": mp.sech,
    "csch": mp.csch,
    "coth": mp.coth,
    "asec": mp.asec,
    "acsc": mp.acsc,
    "acot": mp.acot,
    "asech": mp.asech,
    "acsch": mp.acsch,
    "acoth": mp.acoth,
    "asec_slope": lambda x: 1 / (abs(x) * mp.sqrt(x * x - 1)),
    "acsch_slope": lambda x: 1 / (abs(x) * mp.sqrt(x * x + 1)),
    "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
    "exprel": lambda x: mp.expm1(x) / x,
    "exprel_derivative": exprel_derivative,
    "sinhc": lambda x: mp.sinh(x) / x,
    "sinhc_derivative": lambda x, order: (
        (exprel_derivative(x, order) + (-1) ** order * exprel_derivative(-x, order)) / 2
    ),
    "sigmoid": sigmoid,
    "logit": lambda x: mp.log(x / (1 - x)),
    "softplus": softplus,
    "logsigmoid": lambda x: -softplus(-x),
    "xlogy": lambda x, y: x * mp.log(y) if x else mpf(0),
    "logaddexp": lambda x, y: max(x, y) + softplus(-abs(x - y)),
    "lognormcdf": lognormcdf,
    "logerfc": logerfc,
    "lognormcdf_derivative": lognormcdf_derivative,
    "logerfc_derivative": logerfc_derivative,
    "logaddexp_slope": lambda x, y: sigmoid(x - y),
    "exp_of_difference": lambda a, b: mp.exp(a - b),
    "det_of_two": lambda a, b, c, d, added=0: a * d - b * c + added,
    "det_of_three": lambda a, b, c, d, e, f, g, h, i, added=0: (
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) + added
    ),
    "unit_scale": unit_scale,
    "softsign": lambda x: x / (1 + abs(x)),
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, a: x if x > 0 else a * x,
    "elu": elu,
    "selu": lambda x: mpf(SELU_SCALE) * elu(x, mpf(SELU_ALPHA)),
    "gelu": lambda x: x * mp.ncdf(x),
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * mp.tanh(softplus(x)),
    "hard_tanh": lambda x: held(x, mpf(-1), mpf(1)),
    "hard_sigmoid": lambda x: held(x / 6 + mpf(1) / 2, mpf(0), mpf(1)),
    **{f"{kind}{n}": partial(BESSEL[kind], n=n) for kind in BESSEL for n in (0, 1)},
    "jn": BESSEL["j"],
    "yn": BESSEL["y"],
    "iv": BESSEL["i"],
    "yn_slope": lambda x, n: (bessel_of_second_kind(x, n - 1, -1) - bessel_of_second_kind(x, n + 1, -1)) / 2,
    "kn": BESSEL["k"],
    "beta": beta,
    "lbeta": lambda a, b: mp.log(abs(beta(a, b))),
    "binom": binomial,
    "beta_slope": lambda a, b, by_a=0, by_b=0: derivative_of_orders(beta, (a, b), (by_a, by_b)),
    "binom_slope": lambda n, k, by_n=0, by_k=0: derivative_of_orders(binomial, (n, k), (by_n, by_k)),
    "polygamma_difference": lambda x, h, order: mp.psi(order, x + h) - mp.psi(order, x),
    "gammainc": incomplete.gammainc,
    "gammaincc": incomplete.gammaincc,
    "gamma_density": incomplete.gamma_density,
    "gamma_density_slope": incomplete.gamma_density_slope,
    "gammainc_derivative": incomplete.gammainc_derivative,
    "betainc": incomplete.betainc,
    "beta_density": incomplete.beta_density,
    "beta_density_slope": incomplete.beta_density_slope,
    "betainc_derivative": incomplete.betainc_derivative,
    "lambertw": mp.lambertw,
    "lambertw_slope": lambda z: mp.exp(-mp.lambertw(z)) / (1 + mp.lambertw(z)),
    "norminv": norminv,
    "norminv_slope": lambda p: 1 / mp.npdf(norminv(p)),
    "erfinv": mp.erfinv,
    "erf": mp.erf,
    "erfc": mp.erfc,
    "normcdf": mp.ncdf,
    "normpdf": mp.npdf,
    "gamma": mp.gamma,
    "lgamma": log_abs_gamma,
    "digamma": lambda x: mp.psi(0, x),
    "polygamma": lambda x, order: mp.psi(order, x),
    "sinc": mp.sincpi,
    "sinc_derivative": lambda x, order: mp.diff(mp.sincpi, x, order),
    "less": lambda x, y: mpf(x < y),
    "less_equal": lambda x, y: mpf(x <= y),
    "greater": lambda x, y: mpf(x > y),
    "greater_equal": lambda x, y: mpf(x >= y),
    "equal": lambda x, y: mpf(x == y),
    "not_equal": lambda x, y: mpf(x != y),
    "and": lambda x, y: mpf(x != 0 and y != 0),
    "or": lambda x, y: mpf(x != 0 or y != 0),
    "not": lambda x: mpf(x == 0),
    "where": lambda condition, a, b: a if condition != 0 else b,
    "tied": lambda out, *operands: mpf(sum(one == out for one in operands)),
    "select": lambda value, test: value if test != 0 else mpf(0),
    "maximum": max,
    "minimum": min,
    "clip": held,
    "abs_slope": mp.sign,
    "passes": lambda x, y: mpf(x > y),
    "largest_share": lambda *operands, position: share(operands, position, max(operands)),
    "smallest_share": lambda *operands, position: share(operands, position, min(operands)),
    "odd_quotient": odd_quotient,
    "power_partial": power_partial,
    "hypot_slope": lambda x, y: x / mp.hypot(x, y),
    "hypot_share": lambda x, y: x / mp.hypot(x, y),
    "hypot_along": lambda x, y: y**2 / mp.hypot(x, y) ** 3,
    "hypot_across": lambda x, y: -x * y / mp.hypot(x, y) ** 3,
    "asin_slope": lambda x: 1 / mp.sqrt(1 - x * x),
    "acosh_slope": lambda x: 1 / (mp.sqrt(x - 1) * mp.sqrt(x + 1)),
    "asinh_slope": lambda x: 1 / mp.sqrt(1 + x * x),
    "atanh_slope": lambda x: 1 / (1 - x * x),
    "atan_slope": lambda x: 1 / (1 + x * x),
    "atan2_slope_y": lambda y, x: x / radius_squared(y, x),
    "atan2_slope_x": lambda y, x: -y / radius_squared(y, x),
    "atan2_turn": lambda y, x: (y * y - x * x) / radius_squared(y, x) ** 2,
    "tanh_slope": lambda x: mp.sech(x) ** 2,
    "erf_slope": lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),
    "held": lambda x, **bound: x,
    "sigmoid_slope": lambda x: sigmoid(x) * sigmoid(-x),
}

# First derivatives where the function saturates: a difference of 1 - 1e-260 and its neighbour has no digit left.
SLOPES: dict[str, tuple[Callable, ...]] = {
    "tanh": (lambda x: mp.sech(x) ** 2,),
    "coth": (lambda x: -(mp.csch(x) ** 2),),
    "expm1": (mp.exp,),
    "erf": (lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),),
    "erfc": (lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),),
    "normcdf": (mp.npdf,),
    "lognormcdf": (lambda x: lognormcdf_derivative(x, 1),),
    "logerfc": (lambda x: logerfc_derivative(x, 1),),
    "logaddexp": (lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(y - x)),
    "hypot": (lambda x, y: x / mp.hypot(x, y), lambda x, y: y / mp.hypot(x, y)),
    "elu": (lambda x, a: mpf(1) if x > 0 else a * mp.exp(x), lambda x, a: mpf(0) if x > 0 else mp.expm1(x)),
    "selu": (lambda x: mpf(SELU_SCALE) * (1 if x > 0 else mpf(SELU_ALPHA) * mp.exp(x)),),
}
MORE_DIGITS = {"elu": 700, "hypot": 2000, "logaddexp": 700}  # for second derivatives where the first saturates


def derivative(function: Callable, point: Sequence, place: int):
    """The partial derivative by a central difference whose step leaves 40 of the working digits and more."""
    step = abs(point[place]) * RELATIVE_STEP or STEP_AT_ZERO
    ahead, behind = list(point), list(point)
    ahead[place], behind[place] = point[place] + step, point[place] - step
    return (function(*ahead) - function(*behind)) / (2 * step)


def derived_by(function: Callable, orders: Sequence[int], *point):
    return derivative_of_orders(function, point, orders)


def derivative_of_orders(function: Callable, point: Sequence, orders: Sequence[int]):
    """The partial derivative that is taken by each operand so many times."""
    for place, order in enumerate(orders):
        if order:
            rest = [many - (other == place) for other, many in enumerate(orders)]
            return derivative(partial(derived_by, function, rest), point, place)
    return function(*point)


def working_digits(point: Sequence[float]) -> int:
    """Enough for two nested differences: at 1e-300 those of cos start 680 digits below its value.

    Few different answers, because mpmath keeps what it computed for a precision.
    """
    spread = max((abs(math.log10(abs(one))) for one in point if one and math.isfinite(one)), default=0.0)
    return 240 if spread < 16 else 200 + int(3 * spread)


def defined(number):
    """The number, or None where it is complex or infinite: the real function has no value there."""
    return number if isinstance(number, (int, mpf)) and mpmath.isfinite(number) else None


class Truth:
    """An elementwise function at the exact doubles of one point: its value, partials and their condition numbers."""

    def __init__(self, name: str, point: tuple[float, ...], attributes: tuple[tuple[str, float], ...] = ()) -> None:
        self.function = partial(ORACLES[name], **dict(attributes))
        self.values = cache(self.function)  # differences of differences meet at the same places
        self.digits = working_digits(point) + MORE_DIGITS.get(name, 0)
        self.slopes = SLOPES.get(name) or tuple(partial(self._slope, place) for place in range(len(point)))
        self.doubles = point

    def _slope(self, place: int, *point):
        return derivative(self.values, point, place)

    def _compute(self, quantity: Callable):
        with mp.workdps(self.digits):
            try:
                return defined(quantity(*[mpf(one) for one in self.doubles]))
            except (ValueError, ZeroDivisionError, TypeError, mpmath.libmp.ComplexResult):
                return None

    def _condition(self, quantity: Callable) -> float:
        """How many times a relative change of the operands comes back as a relative change of `quantity`."""

        def growth(*point):
            moved = sum(abs(one * derivative(quantity, point, place)) for place, one in enumerate(point))
            return moved / abs(quantity(*point))

        found = self._compute(growth)
        return math.inf if found is None else float(found)

    def value(self):
        return self._compute(self.function)

    def partial(self, place: int):
        return self._compute(self.slopes[place])

    def second_partial(self, first: int, second: int):
        return self._compute(lambda *point: derivative(self.slopes[first], point, second))

    def condition_of_value(self) -> float:
        return self._condition(self.function)

    def condition_of_partial(self, place: int) -> float:
        return self._condition(self.slopes[place])

    def condition_of_second_partial(self, first: int, second: int) -> float:
        return self._condition(lambda *point: derivative(self.slopes[first], point, second))


def nearest_double(number) -> float:
    """The double next to an mpmath number, infinite where that overflows."""
    with mp.workdps(DIGITS):
        if abs(number) >= mpf(2) ** 1024:
            return math.copysign(math.inf, number)
        return float(number)


def is_close(mine: float, number, condition: Callable[[], float], tolerance: float = 1e-13) -> bool:
    """Whether a double is the truth, to `tolerance` relative or what the operands' own rounding forces.

    Nothing is allowed in absolute terms but the spacing of the numbers below the smallest normal one. The
    condition number is asked for only where the tolerance is exceeded; an operand may be off by half a unit in
    its last place, and the routines of the C library by a few.
    """
    double = nearest_double(number)
    if not math.isfinite(double) or not math.isfinite(mine):
        return mine == double
    with mp.workdps(DIGITS):
        error = abs(mpf(mine) - number)
        spacing = 4 * mpf(TINIEST) if abs(number) < SMALLEST_NORMAL else 0
        if error <= tolerance * abs(number) + spacing:
            return True
        return error <= 4 * mpf(2) ** -53 * condition() * abs(number)
