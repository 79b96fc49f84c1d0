"""Fortran's spellings and frame for the code of code.py: Fortran 2008, and C's library for what it lacks."""

from __future__ import annotations

import ast
import math
import re
from functools import partial

import numpy as np

from backprop.autodiff.declaration.notation import POWER, SUM, Template
from backprop.autodiff.shapes import Shape
from backprop.parser.printers import code, language, translation
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words
from backprop.parser.printers.routines import BOOL, FLOAT, INT, LIST, NOTHING
from backprop.parser.printers.syntax import SHARED_FUNCTIONS, UNTYPED, Syntax

LONGEST_LINE = 120  # characters; the standard allows 132
INTRINSICS = words(
    "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp log log10 sqrt hypot erf erfc"
)
OF_C = words("expm1 log1p exp2 log2 cbrt rint trunc floor ceil")  # functions of <math.h> that Fortran has not so
RESERVED = words(
    """
    abs aint c_double dp huge ieee_is_nan ieee_negative_inf ieee_positive_inf ieee_quiet_nan ieee_value index
    int max merge min mod real sign value gradient
    """
)
INFINITE = "ieee_value(0.0_dp, ieee_positive_inf)"
UNKNOWN = "ieee_value(0.0_dp, ieee_quiet_nan)"


def of_c(name: str) -> str:
    return f"""elemental function own_{name}(x) result(answer)
  real(dp), intent(in) :: x
  real(dp) :: answer
  interface
    pure function of_c(x) bind(c, name="{name}") result(answer)
      import :: c_double
      real(c_double), value :: x
      real(c_double) :: answer
    end function of_c
  end interface
  answer = of_c(x)
end function own_{name}"""


def of_two(name: str, *lines: str) -> str:
    return "\n".join(
        [
            f"elemental function {name}(x, y) result(answer)",
            "  real(dp), intent(in) :: x, y",
            "  real(dp) :: answer",
            *[f"  {line}" for line in lines],
            f"end function {name}",
        ]
    )


HELPERS = {
    **{f"own_{name}": of_c(name) for name in OF_C},
    "own_maximum": of_two("own_maximum", "answer = merge(x, y, x > y .or. x /= x)"),
    "own_minimum": of_two("own_minimum", "answer = merge(x, y, x < y .or. x /= x)"),
    "own_mod": of_two(
        "own_mod",
        "answer = mod(x, y)",
        "if (answer == 0.0_dp) then",
        "  answer = sign(0.0_dp, y)",
        "else if ((answer < 0.0_dp) .neqv. (y < 0.0_dp)) then",
        "  answer = answer + y",
        "end if",
    ),
    "own_floor_div": of_two(
        "own_floor_div",
        "real(dp) :: remainder, quotient",
        "if (y == 0.0_dp) then",
        "  answer = x / y",
        "  return",
        "end if",
        "remainder = mod(x, y)",
        "quotient = (x - remainder) / y",
        "if (remainder /= 0.0_dp .and. ((remainder < 0.0_dp) .neqv. (y < 0.0_dp))) quotient = quotient - 1.0_dp",
        "if (quotient == 0.0_dp) then",
        "  answer = 0.0_dp * (x / y)",
        "else",
        "  answer = own_floor(quotient)",
        "  if (quotient - answer > 0.5_dp) answer = answer + 1.0_dp",
        "end if",
    ),
}
SPELLINGS = {
    **language.truths("merge(1.0_dp, 0.0_dp, {})", zero="0.0_dp", both=".and.", either=".or.", differs="/="),
    "abs": "abs({0})",
    "pow": Template("{0} ** {1}", POWER),
    "where": "merge({1}, {2}, {0} /= 0.0_dp)",
    "index": "{0}({index})",
}


def digits(value: float) -> str:
    return f"{value!r}_dp"


number = partial(language.number, infinity=INFINITE, nan=UNKNOWN, digits=digits)
FUNCTION = "recursive function {0}({1}) result(answer)\n"
SYNTAX = Syntax(
    margin="  ",
    heads={
        FLOAT: FUNCTION + "  real(dp) :: answer",
        INT: FUNCTION + "  integer :: answer",
        BOOL: FUNCTION + "  logical :: answer",
        NOTHING: "recursive subroutine {0}({1})",
    },
    ends={**dict.fromkeys((FLOAT, INT, BOOL), "end function {0}"), NOTHING: "end subroutine {0}"},
    parameters=UNTYPED,
    given={FLOAT: "real(dp), value :: {}", INT: "integer, value :: {}", LIST: "real(dp), intent(inout) :: {}(0:*)"},
    locals={FLOAT: "real(dp) :: {}", INT: "integer :: {}", BOOL: "logical :: {}"},
    table="real(dp), parameter :: {0}(0:{3}) = [{1}]",
    room="real(dp) :: {0}(0:{2})",
    cleared="{} = 0.0_dp",
    loop="do {name} = {first}, {end}, {step}",
    library="{}",
    functions={
        **SHARED_FUNCTIONS,
        **{name: f"own_{name}({{}})" for name in OF_C},
        "int": "int({})",
        "float": "real({}, dp)",
        "fmod": "mod({}, {})",
        "pow": "(({}) ** ({}))",
        "isinf": "(abs({}) > huge(1.0_dp))",
        "copysign": "sign({}, {})",
    },
    constants={"inf": INFINITE, "nan": UNKNOWN, "pi": f"{math.pi!r}_dp"},
    conversions={(INT, FLOAT): "real({0}, dp)", (INT, BOOL): "({1} /= 0)"},
    number=number,
    item="{}({})",
    assignment="{} = {}",
    change="{0} = {0} {1} {3}",
    call="call {}",
    unasked="answer = {}",
    answer="answer = {}\nreturn",
    leave="return",
    branch="if ({}) then",
    otherwise="else",
    repeat="do while ({})",
    end="end if",
    loop_end="end do",
    choice=None,
    both=" .and. ",
    either=" .or. ",
    negation=".not. {}",
    whole="mod({}, {})",
    alike=".eqv.",
    truths=(".false.", ".true."),
    comparisons={ast.NotEq: "/="},
)
entries = partial(language.entries, item="{}({})", setting=language.setting_from_one)
# Names start with a letter and have those of ASCII only.
FAMILY = re.compile(r"_.*|.*[^\x00-\x7f].*|t\d+", re.IGNORECASE)


def declared(name: str, shape: Shape, intent: str = "in") -> str:
    lengths = f"({', '.join(map(str, shape))})" if shape else ""
    return f"  real(dp), intent({intent}) :: {name}{lengths}\n"


def assigned(body: Body) -> str:
    """The declarations of what the body assigns, and the assignments."""
    own = "".join([f"  real(dp) :: {name}\n" for name, _ in body.assignments])
    return own + body.lines("  {} = {}\n")


def helper(body: Body) -> str:
    parameters = "".join([f"  real(dp), value :: {name}\n" for name in body.parameters])
    return (
        f"function {body.name}({', '.join(body.parameters)}) result(answer)\n{parameters}  real(dp) :: answer\n"
        + assigned(body)
        + f"  answer = {body.results[0]}\nend function {body.name}"
    )


def frame(function: GeneratedFunction) -> str:
    body = function.body
    gradient = [entry for name, texts in function.gradient.items() for entry in entries(name, texts)]
    parameters = [*body.parameters, "value", *(["gradient"] if gradient else [])]
    text = (
        "! Fortran 2008. For the same digits as backprop's, compile with -ffp-contract=off and without -ffast-math.\n"
        + f"module {body.name}_module\n"
        + "use, intrinsic :: ieee_arithmetic\n"
        + "use, intrinsic :: iso_c_binding, only: c_double\n"
        + "implicit none\nprivate\n"
        + f"public :: {body.name}\n"
        + "integer, parameter :: dp = c_double\n"
        + "contains\n\n"
        + "".join(f"{source}\n\n" for source in function.helpers)
        + f"! Sets the value and {'the gradient of its sum' if function.is_array else 'its gradient'}\n"
        + "".join(f"! {old} is called {new} here\n" for old, new in function.renamed)
        + f"subroutine {body.name}({', '.join(parameters)})\n"
        + "".join(map(declared, body.parameters, function.shapes))
        + declared("value", np.shape(np.array(function.value, dtype=object)), "out")
        + (declared("gradient", (len(gradient),), "out") if gradient else "")
        + assigned(body)
        + "".join([f"  {place} = {text}\n" for place, text in entries("value", function.value)])
        + "".join([f"  gradient({k}) = {text} ! by {name}\n" for k, (name, text) in enumerate(gradient, 1)])
        + f"end subroutine {body.name}\n\nend module {body.name}_module\n"
    )
    return "".join([f"{wrapped(line)}\n" for line in text.splitlines()])


def wrapped(line: str) -> str:
    """The line, continued on others where it is long."""
    parts = []
    while len(line) > LONGEST_LINE and not line.lstrip().startswith("!") and " " in line[20:LONGEST_LINE]:
        end = line.rindex(" ", 20, LONGEST_LINE)
        parts.append(line[:end])
        line = "    " + line[end + 1 :]
    return " &\n".join([*parts, line])


FORTRAN = Language(
    name="fortran",
    title="Fortran",
    run_by="gfortran",
    spellings=SPELLINGS,
    library=language.from_math(lambda name: name if name in INTRINSICS else None),
    helpers=HELPERS,
    reserved=frozenset({*INTRINSICS, *RESERVED}),
    family=FAMILY,
    is_caseless=True,
    minus=SUM,
    number=number,
    helper=helper,
    frame=frame,
    routine=partial(translation.as_syntax, syntax=SYNTAX),
    setting=language.setting_from_one,
)

# A Fortran module with the subroutine `name`, which sets its arguments `value` and `gradient`.
write = partial(code.write, FORTRAN)
