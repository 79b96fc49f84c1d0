"""awk's spellings, and a whole program for a frame: it reads rows of named columns and writes them with the results."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import partial

import numpy as np

from backprop.parser.printers import code, language, translation
from backprop.parser.printers.expression import shortest
from backprop.parser.printers.language import Body, GeneratedFunction, Language, column, words
from backprop.parser.printers.languages.awk_helpers import HELPERS
from backprop.parser.printers.routines import BOOL, FLOAT, INT, LIST, NOTHING, Routine
from backprop.parser.printers.syntax import UNTYPED, Syntax

RESERVED = words(
    """
    BEGIN BEGINFILE END ENDFILE function func if else while for do break continue next nextfile exit return delete in
    getline print printf switch case default length substr index split sub gsub gensub match sprintf sin cos atan2 exp
    log sqrt int rand srand tolower toupper system close fflush and or xor compl lshift rshift strftime systime mktime
    asort asorti patsplit strtonum typeof isarray mkbool dcgettext dcngettext bindtextdomain namespace include load eval
    NR NF FNR FS OFS ORS RS RT FILENAME ENVIRON ARGC ARGV ARGIND CONVFMT OFMT RSTART RLENGTH SUBSEP IGNORECASE
    FIELDWIDTHS FPAT BINMODE ERRNO LINT PROCINFO TEXTDOMAIN SYMTAB FUNCTAB result separator value_and_gradient
    """
)
OWN = re.compile(r"_.*|.*[^\x00-\x7f].*")  # the program's own names, and letters that awk does not have
LEAST_NORMAL = 2.2250738585072014e-308
MOST_PARAMETERS = 200  # of which mawk has no more than a thousand; what is more is global
SPELLINGS = {
    "less": "({0} < {1})",
    "less_equal": "_at_most({0}, {1})",
    "greater": "({0} > {1})",
    "greater_equal": "_at_most({1}, {0})",
    "equal": "_equal({0}, {1})",
    "not_equal": "(!_equal({0}, {1}))",
    "and": "({0} && {1})",
    "or": "({0} || {1})",
    "not": "(!{0})",
    "where": "({0} ? {1} : {2})",
    "index": "{0}[{index}]",
    "maximum": "_maximum({0}, {1})",
    "minimum": "_minimum({0}, {1})",
    "sin": "sin({0})",
    "cos": "cos({0})",
    "atan": "atan2({0}, 1)",
    "atan2": "atan2({0}, {1})",
    "trunc": "int({0})",
}


def digits(value: float) -> str:
    """mawk reads no number that is not normal, but makes one of a text."""
    text = shortest(value)
    return f'("{text}" * 1)' if 0.0 < abs(value) < LEAST_NORMAL else text


number = partial(language.number, infinity="_inf", nan="_nan", digits=digits)
LOCAL = re.compile(r"\n    local (\w+)(?=\n)")  # variables are declared in the head
BLANK = re.compile(r"\n +(?=\n)")
SYNTAX = Syntax(
    margin="    ",
    heads=dict.fromkeys((FLOAT, INT, BOOL, NOTHING), "function {0}({1}) {{"),
    parameters=UNTYPED,
    given=dict.fromkeys((FLOAT, INT, LIST), ""),
    locals=dict.fromkeys((FLOAT, INT, BOOL), "local {}"),
    table='local {0}\n    split("{1}", {0}, ", ")',
    room="local {0}",
    loop="for ({name} = {first}; {name} {compared} {last}; {name} += {step}) {{",
    number=number,
    first=1,
    assignment="{} = {}",
    change="{0} {1}= {2}",
    call="{}",
    answer="return {}",
    leave="return",
    comparisons={
        ast.Eq: "_equal({}, {})",
        ast.NotEq: "!_equal({}, {})",
        ast.LtE: "_at_most({0}, {1})",
        ast.GtE: "_at_most({1}, {0})",
    },
    library="_{}",
    functions={
        "max": "_maximum({}, {})",
        "min": "_minimum({}, {})",
        "int": "int({})",
        "float": "{}",
        "fabs": "_abs({})",
        "fmod": "(({}) % ({}))",
        "sin": "sin({})",
        "cos": "cos({})",
        "isinf": "_equal(_abs({}), _inf)",
    },
    constants={"inf": "_inf", "nan": "_nan", "pi": "3.141592653589793"},
)
READER = r"""BEGIN {
    _inf = 2 ^ 1024
    _nan = _inf - _inf
TABLES}

# A row ends where its quotes are closed.
{
    if (FNR == 1) _is_header = 1
    _row = _row $0
    _quotes = _row
    if (gsub(/"/, "", _quotes) % 2) {
        _row = _row "\n"
        next
    }
    sub(/\r$/, "", _row)
    if (_is_header) _header(_row)
    else if (_row != "" || _width == 1) print _row _answer(_row)
    _row = ""
    _is_header = 0
}

END {
    if (_status != 2 && !_width) _stop("there is no header")
    exit _status
}

function _stop(message) {
    print "error: " message > "/dev/stderr"
    _status = 2
    exit 2
}

function _split(row, cells,    count, cell) {
    if (index(row, "\"") == 0) return row == "" ? 0 : split(row, cells, separator == " " ? "[ ]" : separator)
    for (count = 1; 1; count++) {
        if (match(row, /^"([^"]|"")*"/)) {
            cell = substr(row, 2, RLENGTH - 2)
            gsub(/""/, "\"", cell)
            row = substr(row, RLENGTH + 1)
        } else {
            RLENGTH = index(row, separator)
            cell = RLENGTH ? substr(row, 1, RLENGTH - 1) : row
            row = RLENGTH ? substr(row, RLENGTH) : ""
        }
        cells[count] = cell
        if (row == "") return count
        row = substr(row, 2)
    }
}

function _header(row,    cells, place, name, there) {
    if (index(row, "\357\273\277") == 1) row = substr(row, 1 + length("\357\273\277"))
    if (_width && row != _first) _stop(FILENAME ": its columns are not those of the first file")
    if (_width) return
    _first = row
    if (separator == "") separator = index(row, "\t") ? "\t" : ","
    _width = _split(row, cells)
    for (place = 1; place <= _width; place++) {
        if (cells[place] in there) _twice[cells[place]] = 1
        there[cells[place]] = place
    }
    for (place = 1; place <= _inputs; place++) {
        name = _input[place]
        if (!(name in there)) _stop("there is no column " name)
        if (name in _twice) _stop("there are two columns " name)
        _place[place] = there[name]
    }
    for (place = 1; place <= _results; place++) {
        if (_result[place] in there) _stop("there is a column " _result[place] " already")
        row = row separator _result[place]
    }
    print row
}

# The results for a row, each behind a separator; a row without numbers is named, and has empty ones.
function _answer(row,    cells, count, place, cell, given, result, text) {
    count = _split(row, cells)
    for (place = 1; place <= _inputs; place++) {
        cell = cells[_place[place]]
        gsub(/^ +| +$/, "", cell)
        if (count == _width && cell ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/) given[place] = cell * 1
        else if (count == _width && tolower(cell) ~ /^[-+]?(nan|inf|infinity)$/)
            given[place] = tolower(cell) ~ /nan/ ? _nan : cell ~ /^-/ ? -_inf : _inf
        else {
            if (count != _width) cell = "it has " count " cells, the header has " _width
            else cell = _input[place] (cell == "" ? " is empty" : " is '" cell "', which is not a number")
            print "line " FNR ": " cell > "/dev/stderr"
            _status = 3
            for (place = 1; place <= _results; place++) text = text separator
            return text
        }
    }
CALL    for (place = 1; place <= _results; place++) text = text separator _shown(result[_result[place]])
    return text
}

# The fewest digits, from 15 on, that read back as the number.
function _shown(x,    text) {
    if (_is_nan(x)) return "nan"
    if (x > 1.7976931348623157e308) return "inf"
    if (x < -1.7976931348623157e308) return "-inf"
    text = sprintf("%.15g", x)
    if (text + 0 != x) text = sprintf("%.16g", x)
    return text + 0 == x ? text : sprintf("%.17g", x)
}
"""
ASSIGNMENT = "    {} = {}\n"


def headed(name: str, parameters: list[str], own: list[str]) -> str:
    """The head of a function, behind whose parameters its own variables stand."""
    between = ",    " if parameters and own else ""
    return f"function {name}({', '.join(parameters)}{between}{', '.join(own)}) {{\n"


def helper(body: Body) -> str:
    head = headed(body.name, list(body.parameters), [name for name, _ in body.assignments])
    return f"{head}{body.lines(ASSIGNMENT)}    return {body.results[0]}\n}}"


def routine(made: Routine, spelled: Callable[[Routine], str]) -> str:
    """A routine, its own variables in its head."""
    text = translation.as_syntax(made, spelled, SYNTAX)
    own = LOCAL.findall(text)
    head, rest = BLANK.sub("", LOCAL.sub("", text)).split(")", 1)
    return head + "".join([f"{',    ' if place == 0 else ', '}{name}" for place, name in enumerate(own)]) + ")" + rest


def table(name: str, columns: list[str]) -> str:
    """The statements of a list from 1 on, and how long it is."""
    lines = [f'    _{name}[{place}] = "{column}"\n' for place, column in enumerate(columns, 1)]
    return "".join([*lines, f"    _{name}s = {len(columns)}\n"])


def frame(function: GeneratedFunction) -> str:
    body = function.body
    given: list[str] = []
    arguments, filled = [], []
    for (original, name), shape in zip(function.spelled.items(), function.shapes, strict=True):
        for place in np.ndindex(shape):
            given.append(column(original, place))
            if shape:
                filled.append(f"    {name}[{language.setting_in_pair(place)}] = given[{len(given)}]\n")
        arguments.append(name if shape else f"given[{len(given)}]")
    results = function.results
    own = [name for name, _ in body.assignments]
    is_long = len(own) + len(body.parameters) > MOST_PARAMETERS
    tables = table("input", given) + table("result", [name for name, _ in results])
    call = f"    value_and_gradient({', '.join([*arguments, 'result'])})\n"
    helpers = dict.fromkeys([*function.helpers, HELPERS["_is_nan"]])  # which the reader calls, too
    gradient = "the gradient of the sum of its entries" if function.is_array else "its gradient"
    return (
        "# awk -f FILE rows.csv > answer.csv: the rows, with the value and the gradient behind them. The first row\n"
        "# names the columns. Cells are between commas, or tabs where it has one; for others say -v separator=';'.\n\n"
        + "".join(f"{source}\n\n" for source in helpers)
        + f"# Sets the entries of result, called as columns, to the value and {gradient}.\n"
        + headed("value_and_gradient", [*body.parameters, "result"], [] if is_long else own)
        + "".join(f"    # {old} is called {new} here\n" for old, new in function.renamed)
        + body.lines(ASSIGNMENT)
        + "".join(f'    result["{name}"] = {text}\n' for name, text in results)
        + "}\n\n"
        + READER.replace("TABLES", tables).replace("CALL", "".join(filled) + call)
    )


AWK = Language(
    name="awk",
    title="awk",
    operators=frozenset("+-*"),
    spellings=SPELLINGS,
    helpers=HELPERS,
    reserved=frozenset(RESERVED),
    family=OWN,
    number=number,
    helper_name="_{}",
    routine_name="_{}",
    helper=helper,
    frame=frame,
    routine=routine,
    setting=language.setting_in_pair,
    run_by="gawk, mawk",
)

# A program of awk that reads rows of columns that are called as the variables, and writes value and gradient behind.
write = partial(code.write, AWK)
