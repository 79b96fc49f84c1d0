"""Special functions of real arguments, to a few units in the last place of a double.

Scalars need `math` and NumPy only; arrays of erf, erfc, gamma and lgamma use `scipy.special` where it is.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeAlias

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.double_double import INVERSE_FACTORIALS, PI, DoubleDouble, polynomial, two_product
from backprop.autodiff.numerics.entries import at_entries
from backprop.autodiff.shapes import Array

Kernel: TypeAlias = Callable[[Array], Array]

SQRT_HALF = DoubleDouble.ratio(7071067811865475244008443621048490392848, 10**40)
TWO_OVER_SQRT_PI = 1.1283791670955126
SQRT_TWO_PI = 2.5066282746310002
NORMAL_LIMIT = 40.0  # exp(-40^2 / 2) is 0 in doubles; a bound keeps infinities out of the error terms

# The root of digamma, and digamma(x) / (x - root) on [1, 2] as a quotient of polynomials of x - 3/2, to 4e-18
# (interpolated by mpmath at the Chebyshev nodes).
DIGAMMA_ROOT = DoubleDouble(1.4616321449683622, 9.549995429965697e-17)
DIGAMMA_NUMERATOR = (
    0.9510558760318328, 1.1081309317902872, 0.45063782810808406,
    0.07704961854855738, 0.005137061772318643, 8.885474045639627e-05,
)  # fmt: skip
DIGAMMA_DENOMINATOR = (
    1.0, 1.610587129184067, 0.938308924472472, 0.24765453685506994,
    0.02983787824819011, 0.0014107905243022098, 1.568122537910356e-05,
)  # fmt: skip

# 1/gamma(z) = z (c[0] + c[1] z + c[2] z^2 + ...), in units of 1e-36. Source: DLMF 5.7.1, digits by mpmath.
RECIPROCAL_GAMMA = tuple(DoubleDouble.ratio(digits, 10**36) for digits in (
    1000000000000000000000000000000000000, 577215664901532860606512090082402431,
    -655878071520253881077019515145390481, -42002635034095235529003934875429819,
    166538611382291489501700795102105236, -42197734555544336748208301289187391,
    -9621971527876973562114921672348199, 7218943246663099542395010340446573,
    -1165167591859065112113971084018389, -215241674114950972815729963053648,
    128050282388116186153198626328164, -20134854780788238655689391421022, -1250493482142670657345359473833,
    1133027231981695882374129620331, -205633841697760710345015413002, 6116095104481415817862498683,
    5002007644469222930055665048, -1181274570487020144588126565, 104342671169110051049154033,
    7782263439905071254049937, -3696805618642205708187816, 510037028745447597901548,
    -20583260535665067832224, -5348122539423017982370, 1226778628238260790159, -118125930169745876951,
    1186692254751600333, 1412380655318031782, -229874568443537021, 17144063219273374, 133735173049369,
    -205423355176667, 27360300486080,
))  # fmt: skip
RECIPROCAL_GAMMA_IN_DOUBLES = tuple(pair.value for pair in RECIPROCAL_GAMMA[:22])

# B_2, B_4, ... B_30 as exact quotients. Source: DLMF table 24.2.3.
BERNOULLI = (
    (1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798),
    (-174611, 330), (854513, 138), (-236364091, 2730), (8553103, 6), (-23749461029, 870),
    (8615841276005, 14322),
)  # fmt: skip


def erf(x: Array) -> Array:
    """2/sqrt(pi) times the integral of exp(-t^2) from 0 to x. Source: DLMF 7.2.1."""
    return _library("erf", math.erf, x)


def erfc(x: Array) -> Array:
    """1 - erf x, without the cancellation. Source: DLMF 7.2.2."""
    scipy = _scipy() if isinstance(x, np.ndarray) else None
    if scipy is None:
        return _library("erfc", math.erfc, x)

    def tail(far: Array) -> Array:
        # scipy's erfc rounds x^2 before it takes exp(-x^2), which costs 3 digits at 26; its erfcx does not.
        result: Array = scipy.erfcx(far) * exp_of_minus_square(np.minimum(far, NORMAL_LIMIT))
        return result

    return _choose(x > 1.0, x, tail, scipy.erfc)


def exp_of_minus_square(x: Array) -> Array:
    """exp(-x^2) for |x| <= 40, with the rounding error of the square put back."""
    square, error = two_product(x, x)
    result: Array = np.exp(-square) * (1.0 - error)
    return result


def normpdf(x: Array) -> Array:
    """The normal density exp(-x^2 / 2) / sqrt(2 pi)."""
    bounded = np.clip(x, -NORMAL_LIMIT, NORMAL_LIMIT)
    square, error = two_product(bounded, bounded)
    result: Array = np.exp(-0.5 * square) * (1.0 - 0.5 * error) / SQRT_TWO_PI
    return result


def normcdf(x: Array) -> Array:
    """The normal distribution function erfc(-x / sqrt 2) / 2. Source: DLMF 7.18 (ii)."""
    bounded = np.clip(x, -NORMAL_LIMIT, NORMAL_LIMIT)
    argument = SQRT_HALF * -bounded
    # At -38 the rounding of x / sqrt 2 costs 3 digits: one step of Taylor's series puts the rest back.
    slope = TWO_OVER_SQRT_PI * np.exp(-argument.high * argument.high)
    result: Array = 0.5 * (erfc(argument.high) - slope * argument.low)
    return result


def gamma(x: Array) -> Array:
    """gamma x (DLMF 5.2.1); +-inf at +-0, nan at the other poles and at -inf."""
    if isinstance(x, np.ndarray):
        # Below -170 scipy gives 0 where the result is denormal.
        values = _choose((x < -170.0) & (x > -190.0), x, _gamma_in_a_loop, _gamma_of_library)
        return np.where((x < 0.0) & (x == np.rint(x)), np.nan, values)
    return np.float64(_gamma_of_scalar(x))


def _gamma_of_library(x: Array) -> Array:
    return _library("gamma", _gamma_of_scalar, x)


def _gamma_in_a_loop(x: Array) -> Array:
    return np.asarray(at_entries(_gamma_of_scalar, x), dtype=np.float64)


def _gamma_of_scalar(x: float) -> float:
    try:
        return math.gamma(x)
    except OverflowError:
        return math.copysign(math.inf, x)
    except ValueError:
        return math.nan if x else math.copysign(math.inf, x)


def lgamma(x: Array) -> Array:
    """log |gamma x|, with relative accuracy at all its roots; inf at the poles and at +-inf."""
    return _lgamma(x, _lgamma_of_library)


def lgamma_by_math(x: Array) -> Array:
    """The same with the C library's function for arrays, too: two libraries differ where digits cancel."""
    return _lgamma(x, lambda rest: np.asarray(at_entries(_lgamma_of_scalar, rest), dtype=np.float64)[()])


def gamma_by_math(x: Array) -> Array:
    """gamma x by the C library's function for arrays, too."""
    values: Any = _gamma_in_a_loop(x)
    result: Array = values[()]
    return result


def _lgamma(x: Array, library: Kernel) -> Array:
    nearby = np.abs(x - 1.5) < 1.0
    rough = _choose(nearby, x, _lgamma_near_its_roots, library)
    # |gamma x| = 1 twice between -n - 1 and -n, until at -18 the nearest doubles are the poles.
    doubtful = (x < -2.0) & (x > -18.0) & (np.abs(rough) < 2.0)
    return _mend(rough, doubtful, x, _lgamma_between_poles)


def _lgamma_of_library(x: Array) -> Array:
    def library(rest: Array) -> Array:
        # scipy has -inf at -inf. Beyond -1e16 there are only poles.
        return _library("gammaln", _lgamma_of_scalar, np.maximum(rest, -1e300))

    # scipy has inf for a denormal.
    return _choose(np.abs(x) < 1e-300, x, lambda tiny: -np.log(np.abs(tiny)), library)


def _lgamma_of_scalar(x: float) -> float:
    try:
        return math.lgamma(x)
    except (OverflowError, ValueError):
        return math.inf


def _lgamma_near_its_roots(x: Array) -> Array:
    """On (1/2, 5/2): 1/gamma(1 + d) = 1 + d (c[1] + c[2] d + ...), and gamma(2 + d) by DLMF 5.5.1."""
    root = np.rint(x)
    distance = x - root
    reciprocal_minus_one = distance * polynomial(RECIPROCAL_GAMMA_IN_DOUBLES[1:], distance)
    result: Array = np.log1p((root - 1.0) * distance) - np.log1p(reciprocal_minus_one)
    return result


def _lgamma_between_poles(x: Array) -> Array:
    """For -18 < x < -2: 1/gamma(x) = x (x + 1) ... (x + n - 1) / gamma(x + n), x + n near 0, to 32 digits."""
    steps = -np.rint(x)
    remainder = DoubleDouble(x + steps)
    reciprocal = polynomial(RECIPROCAL_GAMMA, remainder) * remainder
    for step in range(18):
        reciprocal = reciprocal * np.where(step < steps, x + step, 1.0)
    magnitude = reciprocal * np.sign(reciprocal.high)
    result: Array = -np.log1p((magnitude - 1.0).value)[()]
    return result


def digamma(x: Array) -> Array:
    """psi x = gamma'(x) / gamma(x) (DLMF 5.2.2); -+inf at +-0, nan at the other poles and at -inf."""
    return polygamma(0, x)


def polygamma(order: int, x: Array) -> Array:
    """The `order`-th derivative of digamma; nan beyond order 150 (factorials overflow). Source: DLMF 5.15.

    At the poles an odd order is inf, an even one -+inf at +-0 and nan at the negative integers. nan at -inf.
    """
    if order > 150:
        return np.nan * x
    return _choose(x < 0.0, x, partial(_polygamma_left, order), partial(_polygamma_right, order))


def exact_polygamma(order: int, x: DoubleDouble) -> DoubleDouble:
    """The same of an array of pairs, to more digits than a double has."""
    result = DoubleDouble(np.empty_like(x.high))
    for is_part, part in ((x.high >= 0.0, _polygamma_series), (x.high < 0.0, _polygamma_mirrored)):
        if is_part.any():
            values = part(order, x[is_part])
            result.high[is_part], result.low[is_part] = values.high, values.low
    return result


def _polygamma_mirrored(order: int, x: Any) -> Any:
    return _polygamma_reflected(order, x)[0]


def _polygamma_right(order: int, x: Array) -> Array:
    series = partial(_polygamma_series, order)
    if order:
        return np.asarray(series(x))[()]
    return _choose((x >= 1.0) & (x <= 2.0), x, _digamma_near_its_root, series)


def _digamma_near_its_root(x: Array) -> Array:
    distance, middle = (x - DIGAMMA_ROOT.high) - DIGAMMA_ROOT.low, x - 1.5
    result: Array = distance * polynomial(DIGAMMA_NUMERATOR, middle) / polynomial(DIGAMMA_DENOMINATOR, middle)
    return result


def _polygamma_series(order: int, x: Any) -> Any:
    """For x >= 0: up by the recurrence DLMF 5.15.5, then Stirling's series DLMF 5.11.2 and 5.15.9."""
    is_exact = isinstance(x, DoubleDouble)
    steps, terms = (30 + order, 15) if is_exact else (12 + order, 11)
    factorial = float(math.factorial(order))
    near = _scaled_power(factorial, 1.0 / x, order + 1)  # not x + 0, which is 0 at -0
    near = sum((_scaled_power(factorial, 1.0 / (x + step), order + 1) for step in range(1, steps)), near)
    far = x + steps
    inverse = 1.0 / far
    tail = polynomial(_stirling_coefficients(order, terms, is_exact), inverse * inverse) * (inverse * inverse)
    tail = tail + 0.5 * max(order, 1) * inverse
    if order == 0:
        return _logarithm(far) - tail - near
    total = near + _scaled_power(factorial / order, inverse, order) * (tail + 1.0)
    return total if order % 2 else -total


@cache
def _stirling_coefficients(order: int, terms: int, is_exact: bool) -> tuple[Any, ...]:
    """B_2j times binomial(2j + order - 1, 2j), or divided by 2j for digamma; j = 1, 2, ... terms."""
    coefficients = []
    for j, (numerator, denominator) in enumerate(BERNOULLI[:terms], start=1):
        weight, divisor = (math.comb(2 * j + order - 1, 2 * j), 1) if order else (1, 2 * j)
        coefficients.append(DoubleDouble.ratio(numerator * weight, denominator * divisor))
    return tuple(coefficients) if is_exact else tuple(pair.value for pair in coefficients)


def _polygamma_left(order: int, x: Array) -> Array:
    rough, right = _polygamma_reflected(order, x)
    if order % 2:
        return np.asarray(rough)[()]
    # An even order has a root between any two poles. Digamma's first, -0.504, is the reflection of another.
    doubtful = np.abs(rough) < 0.125 * (np.abs(right) + (order == 0))

    def exact(near_roots: Array) -> Array:
        return _value(_polygamma_reflected(order, DoubleDouble(near_roots))[0])

    mended = _mend(rough, doubtful, x, exact)
    return np.where(x == np.rint(x), np.nan, mended)[()]


def _polygamma_reflected(order: int, x: Any) -> tuple[Any, Any]:
    """For x < 0, DLMF 5.15.6: (-1)^n psi(n, 1 - x) - pi d^n cot(pi x) / dx^n; and its first term."""
    sine, cosine = sine_and_cosine_of_pi(x)
    cotangent = cosine / sine
    derivative = polynomial(_cotangent_coefficients(order), cotangent * cotangent)
    if order % 2 == 0:
        derivative = derivative * cotangent
    right = _polygamma_series(order, 1.0 - x)
    right = -right if order % 2 else right
    return right - _scaled_power(derivative, _pi_for(x), order + 1), _value(right)


@cache
def _cotangent_coefficients(order: int) -> tuple[Any, ...]:
    """The n-th derivative of cot t as a polynomial of cot t without its zeros, from cot' = -1 - cot^2."""
    coefficients = [0, 1]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [-a - b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return tuple(float(c) for c in coefficients[(order + 1) % 2 :: 2])


def sinc_derivative(order: int, x: Array) -> Array:
    """The `order`-th derivative of sin(pi x) / (pi x), which is 1 at 0; at +-inf its limit, 0."""
    rough = _sinc_derivative_of_sine(order, x, is_exact=False)
    t = np.abs(x) * np.pi
    subtracted = np.where(t <= max(order, 2), t / ((order + 1) * (order + 2)), order / (t * t))[()]
    doubtful = np.abs(rough) < 0.1 * subtracted
    mended = _mend(rough, doubtful, x, lambda roots: _sinc_derivative_of_sine(order, roots, is_exact=True))
    return np.where(np.isinf(x), 0.0, mended * np.float64(np.pi) ** order)[()]


def _sinc_derivative_of_sine(order: int, x: Array, is_exact: bool) -> Array:
    """The n-th derivative f(n) of sin(t) / t at t = pi x, from t f(n) + n f(n - 1) = sin(t + n pi / 2)."""

    def downwards(near: Array) -> Array:
        """Stable for t <= n. An error in the first value is divided by all the n to come: it may be 0."""
        t, sines = _quarter_turns(DoubleDouble(near) if is_exact else near)
        value = 0.0 * t
        for n in range(2 * order + (60 if is_exact else 30), order, -1):
            value = (sines[n % 4] - t * value) / n
        return _value(value)

    def upwards(far: Array) -> Array:
        """Stable for t >= n."""
        t, sines = _quarter_turns(DoubleDouble(far) if is_exact else far)
        value = sines[0] / t
        for n in range(1, order + 1):
            value = (sines[n % 4] - n * value) / t
        return _value(value)

    return _choose(np.abs(x) * np.pi <= max(order, 2), x, downwards, upwards)


def _quarter_turns(x: Any) -> tuple[Any, tuple[Any, Any, Any, Any]]:
    """Return t = pi x, and sin(t + n pi / 2) for n = 0, 1, 2, 3."""
    sine, cosine = sine_and_cosine_of_pi(x)
    return _pi_for(x) * x, (sine, cosine, -sine, -cosine)


def sine_and_cosine_of_pi(x: Any) -> tuple[Any, Any]:
    """sin(pi x) and cos(pi x), with relative accuracy at their roots: x - rint(x) is exact."""
    nearest = np.rint(_value(x))
    remainder = x - nearest
    parity = 1.0 - 2.0 * np.fmod(np.abs(nearest), 2.0)
    if isinstance(x, DoubleDouble):
        complement = 0.5 - remainder * np.sign(remainder.high)
        return parity * _sine_series(PI * remainder), parity * _sine_series(PI * complement)
    return parity * np.sin(np.pi * remainder), parity * np.sin(np.pi * (0.5 - np.abs(remainder)))


def _sine_series(t: DoubleDouble) -> DoubleDouble:
    """sin t for |t| <= pi / 2. Source: DLMF 4.19.1."""
    coefficients = [(-1.0) ** k * INVERSE_FACTORIALS[2 * k + 1] for k in range(18)]
    series: DoubleDouble = polynomial(coefficients, t * t)
    return t * series


def _pi_for(x: Any) -> Any:
    return PI if isinstance(x, DoubleDouble) else np.pi


def _logarithm(x: Any) -> Any:
    return x.log() if isinstance(x, DoubleDouble) else np.log(x)


def _value(x: Any) -> Array:
    result: Array = x.value if isinstance(x, DoubleDouble) else x
    return result


def _scaled_power(scale: Any, base: Any, exponent: int) -> Any:
    """scale * base^exponent, the scale inside: 20! / x^21 must not underflow before its factorial comes."""
    half = exponent // 2
    return (scale * base**half) * base ** (exponent - half)


def _choose(condition: Any, x: Array, chosen: Kernel, other: Kernel) -> Array:
    """chosen(x) where the condition holds and other(x) elsewhere; each sees only its own elements."""
    if not isinstance(x, np.ndarray):
        return chosen(x) if condition else other(x)
    if not condition.any():
        return other(x)
    result = np.empty_like(x)
    result[condition] = chosen(x[condition])
    result[~condition] = other(x[~condition])
    return result


def _mend(rough: Any, doubtful: Any, x: Array, exact: Kernel) -> Array:
    """`rough`, with exact(x) in the places where it is doubtful: the slow road, for the few that need it."""
    if not isinstance(x, np.ndarray):
        return np.float64(exact(x)) if doubtful else rough
    if doubtful.any():
        rough[doubtful] = exact(x[doubtful])
    mended: Array = rough
    return mended


def _library(name: str, of_scalar: Callable[[float], float], x: Array) -> Array:
    """For a scalar the C library's function; for an array scipy's, or without scipy the former in a loop."""
    if not isinstance(x, np.ndarray):
        return np.float64(of_scalar(x))
    scipy = _scipy()
    if scipy is None:
        return np.asarray(at_entries(of_scalar, x), dtype=np.float64)
    result: Array = getattr(scipy, name)(x)
    return result


@cache
def _scipy() -> Any:
    """scipy.special, or None where it is not installed; imported when the first array arrives."""
    try:
        return importlib.import_module("scipy.special")
    except ImportError:
        return None
