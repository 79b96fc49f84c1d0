"""Polars' spellings and frame: expressions over columns, in layers, so that none has a part that stands in it twice."""

from __future__ import annotations

import keyword
import re
from functools import partial

import numpy as np

from backprop.autodiff.declaration.notation import POWER, Template
from backprop.parser.printers import code, language
from backprop.parser.printers.expression import nested
from backprop.parser.printers.language import Body, GeneratedFunction, Language, column, listed
from backprop.parser.printers.special_forms import LOOPLESS_FORMS

# Polars has nan equal to itself and greater than any number: comparisons ask for it.
HELPERS = {
    "_less": """def _less(x, y):
    return ((x < y) & (y <= math.inf)).cast(pl.Float64)""",
    "_less_equal": """def _less_equal(x, y):
    return ((x <= y) & (y <= math.inf)).cast(pl.Float64)""",
    "_equal": """def _equal(x, y):
    return ((x == y) & (x <= math.inf)).cast(pl.Float64)""",
    "_not_equal": """def _not_equal(x, y):
    return ((x != y) | (x > math.inf)).cast(pl.Float64)""",
    "_maximum": """def _maximum(x, y):
    return pl.when(x > y).then(x).otherwise(y)""",
    "_minimum": """def _minimum(x, y):
    return pl.when(((x < y) & (y <= math.inf)) | (x > math.inf)).then(x).otherwise(y)""",
    "_atan2": """def _atan2(y, x):
    return pl.arctan2(pl.lit(y) if isinstance(y, float) else y, pl.lit(x) if isinstance(x, float) else x)""",
}
METHODS = {
    **{name: name for name in ("abs", "sqrt", "cbrt", "exp", "log", "log10", "log1p", "sin", "cos", "tan", "floor")},
    **{name: name for name in ("ceil", "sinh", "cosh", "tanh")},
    **{"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh"},
}
SPELLINGS: dict[str, str | Template] = {
    **{word: f"{{0}}.{method}()" for word, method in METHODS.items()},
    "log2": "{0}.log(2)",
    "rint": '{0}.round(0, mode="half_to_even")',
    "trunc": "{0}.truncate()",
    "pow": Template("{0} ** {1}", POWER),
    "atan2": "_atan2({0}, {1})",
    "less": "_less({0}, {1})",
    "less_equal": "_less_equal({0}, {1})",
    "greater": "_less({1}, {0})",
    "greater_equal": "_less_equal({1}, {0})",
    "equal": "_equal({0}, {1})",
    "not_equal": "_not_equal({0}, {1})",
    "and": "(({0} != 0) & ({1} != 0)).cast(pl.Float64)",
    "or": "(({0} != 0) | ({1} != 0)).cast(pl.Float64)",
    "not": "({0} == 0).cast(pl.Float64)",
    "where": "pl.when({0} != 0).then({1}).otherwise({2})",
    "maximum": "_maximum({0}, {1})",
    "minimum": "_minimum({0}, {1})",
    "index": "{0}[{index}]",
}
NAME = re.compile(r"[^\W\d]\w*")


def layers(body: Body) -> list[list[tuple[str, str]]]:
    """The assignments by layers: each uses those of layers before its own."""
    level: dict[str, int] = {}
    for name, text in body.assignments:
        level[name] = 1 + max([level[used] for used in NAME.findall(text) if used in level], default=-1)
    found: list[list[tuple[str, str]]] = [[] for _ in range(1 + max(level.values(), default=-1))]
    for name, text in body.assignments:
        found[level[name]].append((name, text))
    return found


def frame(function: GeneratedFunction) -> str:
    body = function.body
    inputs, entries = [], []
    for (original, name), shape in zip(function.spelled.items(), function.shapes, strict=True):
        texts = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            texts[place] = f'pl.col("{column(original, place)}").cast(pl.Float64)'
            entries.append("".join([name, *[f"[{index}]" for index in place]]))
        inputs.append(f"    {name} = {nested(texts.tolist(), str)}\n")
    steps = []
    for layer in layers(body):
        lines = [f'        ({text}).alias("backprop {name}"),\n' for name, text in layer]
        steps.append(f"    rows = rows.with_columns(\n{''.join(lines)}    )\n")
        steps += [f'    {name} = pl.col("backprop {name}")\n' for name, _ in layer]
    results = function.results
    known = [f"{entry}.is_not_null()" for entry in entries]
    is_known = f"pl.all_horizontal([{listed(known, '        ')}])" if known else "pl.lit(True)"
    lines = [f'        pl.when(is_known).then({text}).alias("{name}"),\n' for name, text in results]
    own = [f'"backprop {name}"' for name, _ in body.assignments]
    names = [f'"{name}"' for name, _ in results]
    drop = f".drop([{listed(own, '        ')}])" if own else ""
    gradient = "the gradient of the sum of its entries" if function.is_array else "its gradient"
    return (
        "import math\n\nimport polars as pl\n\n\n"
        + "".join(f"{source}\n\n\n" for source in function.helpers)
        + f"def {body.name}(rows):\n"
        + f'    """The rows, a DataFrame or a LazyFrame, with the value and {gradient} in columns behind."""\n'
        + f"    for name in [{listed(names, '        ')}]:\n"
        + "        if name in rows.collect_schema().names():\n"
        + '            raise ValueError(f"the rows have a column {name} already")\n'
        + "".join(f"    # {old} is called {new} here\n" for old, new in function.renamed)
        + "".join(inputs)
        + "".join(steps)
        + f"    is_known = {is_known}\n"
        + f"    return rows.with_columns(\n{''.join(lines)}    ){drop}\n"
    )


POLARS = Language(
    name="polars",
    title="Polars",
    spellings=SPELLINGS,
    helpers=HELPERS,
    constants={name: f"math.{name}" for name in ("pi", "tau", "e")},
    reserved=frozenset({*keyword.kwlist, "__debug__", "math", "pl", "rows", "is_known", "name", "isinstance", "float"}),
    number=partial(language.number, infinity="math.inf", nan="math.nan"),
    helper_name="_{}",
    frame=frame,
    run_by="polars",
    forms=LOOPLESS_FORMS,
)

# A Python module with the function `name` of a frame of Polars, which it gives back with the value and the gradient.
write = partial(code.write, POLARS)
