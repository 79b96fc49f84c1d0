"""The functions that awk lacks, and those at which it warns or ends the program: POSIX awk, for gawk and mawk.

mawk has nan equal to every number; gawk stops at a division by 0 and warns of exp(1000). No comparison here relies on
the one, and nothing does the other.
"""

from __future__ import annotations

HELPERS = {
    "_is_nan": """function _is_nan(x) {
    return !(x < 1) && !(x > 0)
}""",
    "_equal": """function _equal(x, y) {
    return x == y && !_is_nan(x) && !_is_nan(y)
}""",
    "_at_most": """function _at_most(x, y) {
    return x < y || _equal(x, y)
}""",
    "_abs": """function _abs(x) {
    return x > 0 ? x : 0 - x
}""",
    "_copysign": """function _copysign(x, y) {
    return y < 0 || (y == 0 && atan2(y, -1) < 0) ? -_abs(x) : _abs(x)
}""",
    "_div": """function _div(x, y) {
    if (y < 0 || y > 0) return x / y
    return _is_nan(y) || !(x < 0 || x > 0) ? _nan : _copysign(_inf, x) * _copysign(1, y)
}""",
    "_sqrt": """function _sqrt(x) {
    return x > 0 ? sqrt(x) : x < 0 ? _nan : x
}""",
    "_exp": """function _exp(x) {
    if (x > 709.782712893384) return _inf
    if (x < -746) return 0
    return x < -708 ? exp(x + 64) * exp(-64) : exp(x)
}""",
    "_log": """function _log(x) {
    return x > 0 ? log(x) : x < 0 || _is_nan(x) ? _nan : -_inf
}""",
    "_pow": """function _pow(x, y,    size, power, is_odd) {
    if (_equal(x, 1) || _equal(y, 0)) return 1
    if (_is_nan(x) || _is_nan(y)) return _nan
    size = _abs(x)
    if (_abs(y) == _inf) return size == 1 ? 1 : (size > 1) == (y > 0) ? _inf : 0
    is_odd = _abs(y % 2) == 1
    if (size == 0 || size == _inf) {
        power = (size == 0) == (y < 0) ? _inf : 0
        return is_odd ? _copysign(power, x) : power
    }
    if (y != int(y)) return x < 0 ? _nan : x ^ y
    power = _whole_power(size, y)
    return is_odd && x < 0 ? -power : power
}""",
    "_whole_power": """function _whole_power(x, n,    power) {
    # gawk multiplies where n is whole: that is exact, or a few roundings, or worse than the power of a fraction
    power = x ^ n
    if (x == int(x) && x ^ _abs(n) < 9007199254740992) return power
    if (n < 17 && n > -17 && power < 1e290 && power > 1e-290) return power
    if (_abs(n) > 1e15) return _exp(n * _log1p(x - 1))
    return n < 0 ? x ^ (n + 0.5) / sqrt(x) : x ^ (n - 0.5) * sqrt(x)
}""",
    "_exp2": """function _exp2(x) {
    return x < -900 ? _pow(2, x + 512) * 2 ^ -512 : _pow(2, x)
}""",
    "_log2": """function _log2(x,    power) {
    power = _log(x) / 0.6931471805599453
    return _abs(power) < 1024 && 2 ^ _rint(power) == x ? _rint(power) : power
}""",
    "_log10": """function _log10(x,    power) {
    power = _log(x) / 2.302585092994046
    return _abs(power) < 23 && 10 ^ _rint(power) == x ? _rint(power) : power
}""",
    "_log1p": """function _log1p(x,    sum) {
    # the rounding error of the sum is that of a factor
    sum = 1 + x
    return sum > 1e300 || !(sum > 0) ? _log(sum) : _equal(sum, 1) ? x : log(sum) * (x / (sum - 1))
}""",
    "_expm1": """function _expm1(x,    power) {
    if (x > 40 || x < -40) return _exp(x) - 1
    power = exp(x)
    return _equal(power, 1) ? x : (power - 1) * (x / log(power))
}""",
    "_cbrt": """function _cbrt(x,    root) {
    if (!(x < 0 || x > 0) || x == _inf || x == -_inf) return x
    root = _abs(x) ^ (1 / 3)
    root -= (root * root * root - _abs(x)) / (3 * root * root)
    return x < 0 ? -root : root
}""",
    "_hypot": """function _hypot(x, y,    larger, ratio) {
    x = _abs(x)
    y = _abs(y)
    if (x > 1.7976931348623157e308 || y > 1.7976931348623157e308) return _inf
    larger = x > y ? x : y
    if (!(larger > 0) || _is_nan(x) || _is_nan(y)) return x + y
    ratio = (x > y ? y : x) / larger
    return larger * sqrt(1 + ratio * ratio)
}""",
    "_tan": """function _tan(x) {
    return sin(x) / cos(x)
}""",
    "_asin": """function _asin(x) {
    return atan2(x, _sqrt((1 - x) * (1 + x)))
}""",
    "_acos": """function _acos(x) {
    return atan2(_sqrt((1 - x) * (1 + x)), x)
}""",
    "_sinh": """function _sinh(x,    size, power) {
    size = _abs(x)
    if (size > 40) {
        power = _exp(0.5 * size)
        power = 0.5 * power * power
    } else {
        power = _expm1(size)
        power = 0.5 * (power + power / (power + 1))
    }
    return _copysign(power, x)
}""",
    "_cosh": """function _cosh(x,    power) {
    power = _exp(0.5 * _abs(x))
    return power > 1e10 ? 0.5 * power * power : 0.5 * (_exp(x) + _exp(-x))
}""",
    "_tanh": """function _tanh(x,    power) {
    power = _expm1(-2 * _abs(x))
    return _copysign(power / (power + 2), x)
}""",
    "_asinh": """function _asinh(x,    size) {
    size = _abs(x)
    size = size > 1e150 ? log(size) + 0.6931471805599453 : _log1p(size + size * size / (1 + sqrt(size * size + 1)))
    return _copysign(size, x)
}""",
    "_acosh": """function _acosh(x) {
    return x > 1e150 ? log(x) + 0.6931471805599453 : _log1p(x - 1 + _sqrt((x - 1) * (x + 1)))
}""",
    "_atanh": """function _atanh(x,    size) {
    size = _abs(x)
    return _copysign(0.5 * _log1p(_div(2 * size, 1 - size)), x)
}""",
    "_floor": """function _floor(x,    whole) {
    whole = int(x)
    return whole > x ? whole - 1 : whole
}""",
    "_ceil": """function _ceil(x,    whole) {
    whole = int(x)
    return whole < x ? whole + 1 : whole
}""",
    "_rint": """function _rint(x,    below, rest) {
    if (_is_nan(x) || x > 4503599627370496 || x < -4503599627370496) return x
    below = _floor(x)
    rest = x - below
    if (rest > 0.5 || (rest == 0.5 && below % 2 != 0)) below++
    return below == 0 ? 0 * x : below
}""",
    "_mod": """function _mod(x, y,    remainder) {
    if (!(y < 0 || y > 0) || !(_abs(x) < _inf)) return _nan
    remainder = x % y
    if (remainder == 0) return _copysign(0, y)
    return (remainder < 0) != (y < 0) ? remainder + y : remainder
}""",
    "_floor_div": """function _floor_div(x, y,    remainder, quotient, below) {
    if (!(y < 0 || y > 0)) return _div(x, y)
    if (!(_abs(x) < _inf)) return _nan
    remainder = x % y
    quotient = (x - remainder) / y
    if (remainder != 0 && (remainder < 0) != (y < 0)) quotient--
    if (quotient == 0) return 0 * (x / y)
    below = _floor(quotient)
    return quotient - below > 0.5 ? below + 1 : below
}""",
    "_maximum": """function _maximum(x, y) {
    return x > y || _is_nan(x) ? x : y
}""",
    "_minimum": """function _minimum(x, y) {
    return x < y || _is_nan(x) ? x : y
}""",
    "_exp_of_minus_square": """function _exp_of_minus_square(x,    scaled, high, low, square) {
    # the rounding error of the square, which would cost digits, is put back
    scaled = 134217729 * x
    high = scaled - (scaled - x)
    low = x - high
    square = x * x
    return _exp(-square) * (1 - (high * high - square + 2 * high * low + low * low))
}""",
    "_erf": """function _erf(x,    n, term, sum) {
    if (_is_nan(x)) return x
    if (_abs(x) > 1) return x > 0 ? 1 - _erfc(x) : _erfc(-x) - 1
    # DLMF 7.6.2, whose terms are all of one sign
    term = 1
    sum = 1
    for (n = 1; n < 40; n++) {
        term *= (2 * x * x) / (2 * n + 1)
        sum += term
    }
    return 1.1283791670955126 * x * _exp_of_minus_square(x) * sum
}""",
    "_erfc": """function _erfc(x,    n, fraction) {
    if (_is_nan(x)) return x
    if (x < 0.5) return 1 - _erf(x)
    if (x > 40) return 0
    # DLMF 7.9.1, a continued fraction, from its end
    fraction = x
    for (n = int(220 / (x * x)) + 11; n > 0; n--) fraction = x + (0.5 * n) / fraction
    return (_exp_of_minus_square(x) * 0.5641895835477563) / fraction
}""",
}
