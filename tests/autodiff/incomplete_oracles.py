"""The incomplete gamma and beta functions and their derivatives by their parameters, as power series in mpmath.

Where the parameters are a + s and b + t every term of DLMF 8.7.1 and 8.17.8 is a power series in s and t: the
derivatives are its coefficients, without a difference or an integral.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mpmath import mp, mpf

Row = list  # coefficients by the power of t
Rows = list  # rows by the power of s


def exponential(logarithm: Row) -> Row:
    """The series whose logarithm has these coefficients, the first of which does not count."""
    result = [mpf(1)]
    for n in range(1, len(logarithm)):
        result.append(mp.fsum(k * logarithm[k] * result[n - k] for k in range(1, n + 1)) / n)
    return result


def log_gamma(c, count: int, sign: int) -> Row:
    """sign*(log gamma(c + t) - log gamma(c)) up to the power `count`. Source: DLMF 5.7.3."""
    return [mpf(0), *[sign * mp.psi(n - 1, c) / mp.factorial(n) for n in range(1, count + 1)]]


def added(first: Row, second: Row) -> Row:
    return [a + b for a, b in zip(first, second, strict=True)]


def by_row(rows: Rows, c) -> Rows:
    """Divided by c + s."""
    result: Rows = []
    for row in rows:
        before = result[-1] if result else [mpf(0)] * len(row)
        result.append([(one - less) / c for one, less in zip(row, before, strict=True)])
    return result


def times_both(rows: Rows, c) -> Rows:
    """Multiplied by c + s + t."""
    return [
        [
            c * one + (rows[i - 1][j] if i else 0) + (row[j - 1] if j else 0)
            for j, one in enumerate(row)
        ]
        for i, row in enumerate(rows)
    ]  # fmt: skip


def total_of(terms: Iterator[Rows]) -> Rows:
    """Their sum, until nothing is added."""
    total = next(terms)
    for term in terms:
        total = [added(*pair) for pair in zip(total, term, strict=True)]
        if max(abs(one) for row in term for one in row) <= abs(total[0][0]) * mp.eps:
            break
    return total


def one_of(n: int, m: int) -> Rows:
    return [[mpf(i == j == 0) for j in range(m + 1)] for i in range(n + 1)]


def coefficient(head: Callable, rows: Rows):
    """The last coefficient of the product of head(i, j) and the rows, as a derivative."""
    n, m = len(rows) - 1, len(rows[0]) - 1
    terms = [head(n - i, m - j) * rows[i][j] for i in range(n + 1) for j in range(m + 1)]
    return mp.fsum(terms) * mp.factorial(n) * mp.factorial(m)


def gammainc_derivative(a, x, order):
    """x^a exp(-x) / gamma(a + 1) times 1 + x/(a + 1) (1 + x/(a + 2) (1 + ...)). Source: DLMF 8.7.1."""
    if a <= 0 or x < 0:
        return mp.nan
    if not x:
        return mpf(0)

    def terms() -> Iterator[Rows]:
        term, k = one_of(order, 0), 0
        while True:
            yield term
            k += 1
            term = [[x * one for one in row] for row in by_row(term, a + k)]

    logarithm = log_gamma(a + 1, order, -1)
    if order:
        logarithm[1] += mp.log(x)
    head = exponential(logarithm)
    return x**a * mp.exp(-x) / mp.gamma(a + 1) * coefficient(lambda i, j: head[i], total_of(terms()))


def gammainc(a, x):
    """The same, order 0, by mpmath's own series, which is faster."""
    if a <= 0 or x < 0:
        return mp.nan
    return x**a * mp.exp(-x) / mp.gamma(a + 1) * mp.hyp1f1(1, a + 1, x) if x else mpf(0)


def gammaincc(a, x):
    more = x - a - a * mp.log(x / a) if x > a > 0 else 0
    with mp.workdps(mp.dps + 20 + int(more / 2)):
        return 1 - gammainc(a, x)


def gamma_density(a, x, order=0):
    if a <= 0 or x <= 0:
        return mp.nan
    logarithm = log_gamma(a, order, -1)
    if order:
        logarithm[1] += mp.log(x)
    return x ** (a - 1) * mp.exp(-x) / mp.gamma(a) * exponential(logarithm)[order] * mp.factorial(order)


def gamma_density_slope(a, x, order=0):
    before = order * gamma_density(a, x, order - 1) / x if order else 0
    return gamma_density(a, x, order) * (a - 1 - x) / x + before


def beta_head(of_a, of_b, of_both, x, by_a, by_b) -> Callable:
    """The coefficients of gamma(of_both + s + t)/gamma(of_a + s)/gamma(of_b + t) x^s (1 - x)^t over its value."""
    by_s, by_t = log_gamma(of_a, by_a, -1), log_gamma(of_b, by_b, -1)
    if by_a:
        by_s[1] += mp.log(x)
    if by_b:
        by_t[1] += mp.log1p(-x)
    first, second, both = exponential(by_s), exponential(by_t), exponential(log_gamma(of_both, by_a + by_b, 1))
    return lambda i, j: mp.fsum(
        first[i - p] * second[j - q] * both[p + q] * mp.binomial(p + q, p) for p in range(i + 1) for q in range(j + 1)
    )


def betainc_derivative(a, b, x, by_a, by_b):
    """x^a (1 - x)^b / (a beta(a, b)) times the sum of x^k (a + b) ... / ((a + 1) ...). Source: DLMF 8.17.8, 8.17.4."""
    if 2 * x > 1:
        other = betainc_derivative(b, a, 1 - x, by_b, by_a)
        return -other if by_a or by_b else 1 - other

    def terms() -> Iterator[Rows]:
        term, k = one_of(by_a, by_b), 0
        while True:
            yield term
            k += 1
            term = [[x * one for one in row] for row in by_row(times_both(term, a + b + k - 1), a + k)]

    head = beta_head(a + 1, b, a + b, x, by_a, by_b)
    return x**a * (1 - x) ** b / (a * mp.beta(a, b)) * coefficient(head, total_of(terms()))


def betainc(a, b, x):
    if 2 * x > 1:
        return 1 - betainc(b, a, 1 - x)
    return x**a * (1 - x) ** b / (a * mp.beta(a, b)) * mp.hyp2f1(a + b, 1, a + 1, x)


def beta_density(a, b, x, by_a=0, by_b=0):
    head = beta_head(a, b, a + b, x, by_a, by_b)(by_a, by_b) * mp.factorial(by_a) * mp.factorial(by_b)
    return x ** (a - 1) * (1 - x) ** (b - 1) / mp.beta(a, b) * head


def beta_density_slope(a, b, x, by_a=0, by_b=0):
    of_a = by_a * beta_density(a, b, x, by_a - 1, by_b) / x if by_a else 0
    of_b = by_b * beta_density(a, b, x, by_a, by_b - 1) / (1 - x) if by_b else 0
    return beta_density(a, b, x, by_a, by_b) * ((a - 1) / x - (b - 1) / (1 - x)) + of_a - of_b
