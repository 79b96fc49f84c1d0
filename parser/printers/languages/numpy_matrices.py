"""What generated NumPy code has for determinants, inverses and systems: the digits that numerics/linear.py has.

Up to 3 rows are computed in fractions, which are exact, and rounded once; others by LAPACK.
"""

HELPERS = {
    "_exact": """def _exact(a):
    if not 0 < np.size(a) or not np.all(np.isfinite(a)):
        return None
    return [[fractions.Fraction(x) for x in row] for row in np.asarray(a, dtype=float).tolist()]""",
    "_of_fraction": """def _of_fraction(x):
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf""",
    "_exact_det": """def _exact_det(rows):
    if not rows:
        return fractions.Fraction(1)
    first = next((k for k, row in enumerate(rows) if row[0]), None)
    if first is None:
        return fractions.Fraction(0)
    pivot = rows[first]
    rest = [[x - row[0] / pivot[0] * y for x, y in zip(row[1:], pivot[1:])] for row in rows[:first] + rows[first + 1:]]
    return (-1) ** first * pivot[0] * _exact_det(rest)""",
    "_exact_cofactors": """def _exact_cofactors(rows):
    places = range(len(rows))
    return [
        [
            (-1) ** (i + j) * _exact_det([row[:j] + row[j + 1:] for row in rows[:i] + rows[i + 1:]])
            for j in places
        ]
        for i in places
    ]""",
    "_det": """def _det(a):
    rows = _exact(a) if len(a) <= 3 else None
    return np.float64(_of_fraction(_exact_det(rows)) if rows else np.nan if np.isnan(a).any() else np.linalg.det(a))""",
    "_logdet": """def _logdet(a):
    sign, logarithm = np.linalg.slogdet(a)
    rows = _exact(a) if len(a) <= 3 else None
    if rows:
        value = _exact_det(rows)
        sign = (value > 0) - (value < 0)
        size = abs(_of_fraction(value))
        logarithm = -np.inf if value == 0 else logarithm
        if 1e-300 < size < 1e300:
            logarithm = math.log1p(abs(value) - 1) if 0.5 < size < 1.5 else math.log(size)
    return np.float64(np.nan if sign < 0 or np.isnan(a).any() else logarithm)""",
    "_is_hopeless": """def _is_hopeless(a):
    return np.isnan(a).any() or np.linalg.slogdet(a)[0] == 0.0""",
    "_inv": """def _inv(a):
    rows = _exact(a) if len(a) <= 3 else None
    if rows is None:
        return np.full(np.shape(a), np.nan) if _is_hopeless(a) else np.linalg.inv(a)
    whole = _exact_det(rows)
    if whole == 0:
        return np.full(np.shape(a), np.nan)
    return np.array([[_of_fraction(x / whole) for x in row] for row in _exact_cofactors(rows)]).T""",
    "_solve": """def _solve(a, b):
    rows = _exact(a) if len(a) <= 3 else None
    right = _exact(np.reshape(b, (len(a), -1)))
    if rows is None or right is None:
        return np.full(np.shape(b), np.nan) if _is_hopeless(a) else np.linalg.solve(a, b)
    whole = _exact_det(rows)
    if whole == 0:
        return np.full(np.shape(b), np.nan)
    columns = zip(*_exact_cofactors(rows))
    sums = [[sum(x * y for x, y in zip(column, one)) / whole for one in zip(*right)] for column in columns]
    return np.reshape([_of_fraction(x) for row in sums for x in row], np.shape(b))""",
    "_cofactor": """def _cofactor(a, *directions):
    # with directions, the differential along them, from the polar form of a polynomial of degree len(a) - 1
    rest = len(a) - 1 - len(directions)
    if any(np.isnan(one).any() for one in (a, *directions)):
        return np.full(np.shape(a), np.nan)
    if rest < 0:
        return np.zeros(np.shape(a))
    exact = [_exact(one) for one in (a, *directions)]
    if None in exact or (len(a) > 3 and not directions):
        u, values, v = np.linalg.svd(a)
        sign = np.linalg.slogdet(u)[0] * np.linalg.slogdet(v)[0]
        return sign * (u * _product_of_others([values], None)) @ v
    total = [[fractions.Fraction(0)] * len(a) for _ in a]
    for bits in range(2 ** len(directions)):
        chosen = [one for place, one in enumerate(exact[1:]) if bits >> place & 1]
        for copies in range(rest + 1):
            sign = (-1) ** (len(a) - 1 - len(chosen) - copies)
            weight = fractions.Fraction(sign * math.comb(rest, copies), math.factorial(rest))
            rows = [[copies * x for x in row] for row in exact[0]]
            for one in chosen:
                rows = [[x + y for x, y in zip(*pair)] for pair in zip(rows, one)]
            part = _exact_cofactors(rows)
            total = [[x + weight * y for x, y in zip(*pair)] for pair in zip(total, part)]
    return np.array([[_of_fraction(x) for x in row] for row in total])""",
}
