"""JavaScript's spellings and frame for the straight-line code of code.py: `Math` alone."""

from __future__ import annotations

import ast
from functools import partial

from backprop.parser.printers import code, language, translation
from backprop.parser.printers.expression import nested, shortest
from backprop.parser.printers.language import Body, GeneratedFunction, Language, listed, words
from backprop.parser.printers.routines import BOOL, FLOAT, INT, NOTHING
from backprop.parser.printers.syntax import UNTYPED, Syntax

KEYWORDS = words(
    """
    arguments async await break case catch class const continue debugger default delete do else enum
    eval export extends false finally for function if implements import in instanceof interface let
    new null of package private protected public return static super switch this throw true try
    typeof undefined var void while with yield Infinity NaN Math Number
    """
)
PROTOTYPE = '["__proto__"]'  # a member of that name: without the brackets it would set the object's prototype
HELPERS = {
    "_copysign": """function _copysign(x, y) {
  return y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x);
}""",
    "_pow": """function _pow(x, y) {
  // ECMAScript has NaN where IEEE 754 has 1
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}""",
    "_maximum": """function _maximum(x, y) {
  return x > y || x !== x ? x : y;
}""",
    "_minimum": """function _minimum(x, y) {
  return x < y || x !== x ? x : y;
}""",
    "_sign": """function _sign(x) {
  return x === 0 ? 0 : Math.sign(x);
}""",
    "_rint": """function _rint(x) {
  const below = Math.floor(x);
  const rest = x - below;
  const nearest = rest < 0.5 || (rest === 0.5 && below % 2 === 0) || rest !== rest ? below : below + 1;
  return nearest === 0 ? 0 * x : nearest;
}""",
    "_mod": """function _mod(x, y) {
  const remainder = x % y;
  if (remainder === 0) return y < 0 ? -0 : 0;
  return remainder < 0 !== y < 0 ? remainder + y : remainder;
}""",
    "_floor_div": """function _floor_div(x, y) {
  if (y === 0) return x / y;
  const remainder = x % y;
  const isAbove = remainder !== 0 && remainder < 0 !== y < 0;
  const quotient = (x - remainder) / y - Number(isAbove);
  if (quotient === 0) return 0 * (x / y);
  const below = Math.floor(quotient);
  return quotient - below > 0.5 ? below + 1 : below;
}""",
    "_exp_of_minus_square": """function _exp_of_minus_square(x) {
  // the rounding error of the square, which would cost digits, is put back
  const scaled = 134217729 * x;
  const high = scaled - (scaled - x);
  const low = x - high;
  const square = x * x;
  return Math.exp(-square) * (1 - (high * high - square + 2 * high * low + low * low));
}""",
    "_erf": """function _erf(x) {
  if (x !== x || x === 0) return x;
  if (Math.abs(x) > 1) return x > 0 ? 1 - _erfc(x) : _erfc(-x) - 1;
  // DLMF 7.6.2, whose terms are all of one sign
  let term = 1;
  let sum = 1;
  for (let n = 1; n < 40; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return 1.1283791670955126 * x * _exp_of_minus_square(x) * sum;
}""",
    "_erfc": """function _erfc(x) {
  if (x !== x) return x;
  if (x < 0.5) return 1 - _erf(x);
  if (x > 40) return 0;
  // DLMF 7.9.1, a continued fraction, from its end
  let fraction = x;
  for (let n = Math.ceil(220 / (x * x)) + 10; n > 0; n--) fraction = x + (0.5 * n) / fraction;
  return (_exp_of_minus_square(x) * 0.5641895835477563) / fraction;
}""",
}
SPELLINGS = {
    **language.truths("Number({})", equal="===", differs="!=="),
    "abs": "Math.abs({0})",
    "where": "({0} !== 0 ? {1} : {2})",
    "exp2": "_pow(2, {0})",
    "index": "{0}[{index}]",
}
SYNTAX = Syntax(
    margin="  ",
    heads=dict.fromkeys((FLOAT, INT, BOOL, NOTHING), "function {0}({1}) {{"),
    parameters=UNTYPED,
    locals=dict.fromkeys((FLOAT, INT, BOOL), "let {};"),
    table="const {0} = [{1}];",
    room="const {0} = new Array({1}).fill(0);",
    loop="for (let {name} = {first}; {name} {compared} {last}; {name} += {step}) {{",
    comparisons={ast.Eq: "===", ast.NotEq: "!=="},
    alike="===",
    library="Math.{}",
    functions={
        "max": "Math.max({}, {})",
        "min": "Math.min({}, {})",
        "int": "Math.trunc({})",
        "float": "{}",
        "fabs": "Math.abs({})",
        "fmod": "(({}) % ({}))",
        "copysign": "_copysign({}, {})",
        "isinf": "(Math.abs({}) === Infinity)",
    },
    constants={"inf": "Infinity", "nan": "NaN", "pi": "Math.PI"},
)
ASSIGNMENT = "  const {} = {};\n"


def helper(body: Body) -> str:
    head = f"function {body.name}({', '.join(body.parameters)}) {{\n"
    return f"{head}{body.lines(ASSIGNMENT)}  return {body.results[0]};\n}}"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    entries = [
        f"{PROTOTYPE if name == '__proto__' else name}: {nested(texts, str)}"
        for name, texts in function.gradient.items()
    ]
    return (
        "".join(f"{source}\n\n" for source in function.helpers)
        + f"/** {function.summary} */\n"
        + f"function {body.name}({', '.join(body.parameters)}) {{\n"
        + "".join(f"  // {old} is called {new} here\n" for old, new in function.renamed)
        + body.lines(ASSIGNMENT)
        + f"  return {{ value: {nested(function.value, str)}, gradient: {{{listed(entries, '    ', ' ')}}} }};\n}}\n"
    )


JAVASCRIPT = Language(
    name="javascript",
    title="JavaScript",
    run_by="node",
    spellings=SPELLINGS,
    library=language.from_math("Math.{}".format),
    helpers=HELPERS,
    constants={"pi": "Math.PI", "e": "Math.E"},
    reserved=frozenset(KEYWORDS),
    number=partial(language.number, infinity="Infinity", nan="NaN", digits=shortest),
    helper_name="_{}",
    routine_name="_{}",
    helper=helper,
    frame=frame,
    routine=partial(translation.as_syntax, syntax=SYNTAX),
)

# A JavaScript function `name` of numbers, or lists of them, that returns `{value, gradient: {x: ...}}`.
write = partial(code.write, JAVASCRIPT)
