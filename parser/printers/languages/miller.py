"""Miller's spellings and frame: a program for `mlr put` that adds the value and the gradient to each record."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.declaration.notation import POWER, Template
from backprop.parser.printers import code, language
from backprop.parser.printers.language import Body, GeneratedFunction, Language, column, words
from backprop.parser.printers.special_forms import LOOPLESS_FORMS

FUNCTIONS = words("abs sqrt exp expm1 log log10 log1p sin cos tan atan atan2 sinh cosh tanh asinh acosh atanh")
RESERVED = words(
    """
    all arr begin bool break call continue do dump edump elif else emit1 emit emitf emitp end eprint eprintn exit false
    filter float for func funct if in int map num print printn return stderr stdout str subr tee true unset var while
    absent E ENV FILENAME FILENUM FNR IFS IPS IRS M_E M_PI NF NR OFS OPS ORS PI is_numeric mapsum asserting_absent
    floor name value_and_gradient
    """
)
HELPERS = {
    "_asin": """func _asin(num x): num {
  return atan2(x, sqrt((1.0 - x) * (1.0 + x)));
}""",
    "_acos": """func _acos(num x): num {
  return atan2(sqrt((1.0 - x) * (1.0 + x)), x);
}""",
    "_maximum": """func _maximum(num x, num y): num {
  return x > y || is_nan(x) ? x : y;
}""",
    "_minimum": """func _minimum(num x, num y): num {
  return x < y || is_nan(x) ? x : y;
}""",
}
SPELLINGS: dict[str, str | Template] = {
    **{name: f"{name}({{0}})" for name in FUNCTIONS if name != "atan2"},
    **language.truths("({} ? 1.0 : 0.0)", zero="0.0"),
    "atan2": "atan2({0}, {1})",
    "log2": "(log({0}) / 0.6931471805599453)",
    "pow": Template("{0} ** {1}", POWER),
    "floor": "floor({0})",
    "ceil": "(-floor(-{0}))",
    "trunc": "({0} < 0.0 ? -floor(-{0}) : floor({0}))",
    "where": "({0} != 0.0 ? {1} : {2})",
    "maximum": "_maximum({0}, {1})",
    "minimum": "_minimum({0}, {1})",
    "index": "{0}[{index}]",
}
ASSIGNMENT = "  num {} = {};\n"


def helper(body: Body) -> str:
    head = f"func {body.name}({', '.join([f'num {name}' for name in body.parameters])}): num {{\n"
    return f"{head}{body.lines(ASSIGNMENT)}  return {body.results[0]};\n}}"


def mapped(texts: Any) -> str:
    """The numbers of an input, in maps by their place."""
    if not isinstance(texts, list):
        return str(texts)
    return "{" + ", ".join([f"{place}: {mapped(entry)}" for place, entry in enumerate(texts)]) + "}"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    given: list[str] = []
    arguments, parameters = [], []
    for (original, name), shape in zip(function.spelled.items(), function.shapes, strict=True):
        texts = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            given.append(column(original, place))
            texts[place] = f"float(${{{given[-1]}}})"
        arguments.append(mapped(texts.tolist()))
        parameters.append(f"{'map' if shape else 'num'} {name}")
    results = ",\n".join([f'    "{name}": {text}' for name, text in function.results])
    named = ", ".join([f'"{name}"' for name in given])
    known = " && ".join([f"is_numeric(${{{name}}})" for name in given]) or "true"
    gradient = "the gradient of the sum of its entries" if function.is_array else "its gradient"
    return (
        "# mlr --icsv --ojson put -f FILE rows.csv: the records, with the value and the gradient behind them.\n\n"
        + "".join(f"{source}\n\n" for source in function.helpers)
        + f"# The value and {gradient}, by the names of the fields.\n"
        + f"func value_and_gradient({', '.join(parameters)}): map {{\n"
        + "".join(f"  # {old} is called {new} here\n" for old, new in function.renamed)
        + body.lines(ASSIGNMENT)
        + f"  return {{\n{results}\n  }};\n}}\n\n"
        + f"for (name in [{', '.join([f'{chr(34)}{name}{chr(34)}' for name, _ in function.results])}]) {{\n"
        + "  var taken = asserting_absent($[name]);\n}\n"
        + f"if ({known}) {{\n"
        + f"  $* = mapsum($*, value_and_gradient({', '.join(arguments)}));\n"
        + "} else {\n"
        + f"  for (name in [{named}]) {{\n"
        + '    if (!is_numeric($[name])) {\n      eprint "record ".NR.": ".name." is not a number";\n    }\n  }\n'
        + "".join(f'  ${{{name}}} = "";\n' for name, _ in function.results)
        + "}\n"
    )


MILLER = Language(
    name="miller",
    title="Miller",
    spellings=SPELLINGS,
    helpers=HELPERS,
    reserved=frozenset({*RESERVED, *FUNCTIONS}),
    number=partial(language.number, infinity="(1.0 / 0.0)", nan="(0.0 / 0.0)"),
    helper_name="_{}",
    helper=helper,
    frame=frame,
    run_by="mlr",
    forms=LOOPLESS_FORMS,
)

# A program of Miller that adds the value and the gradient to records whose fields are called as the variables.
write = partial(code.write, MILLER)
