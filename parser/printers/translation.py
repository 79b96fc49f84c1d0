"""Routines of numerics/routines, which are Python, in C's syntax and in JavaScript's. Knows no routine by name.

It takes what they keep to: numbers, lists of fixed length, `if`, `while`, `for` over a range, functions of `math`.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import Any

from backprop.autodiff.named_tuple import NamedTuple

Routine = Callable[..., Any]


class Syntax(NamedTuple):
    """What differs between two languages with braces; each member is a text with places.

    `functions` spells those of `math` and of Python that are not `library` and their name. `declared` gives the
    declaration of a local number by its type.
    """

    head: str
    parameters: Mapping[str, str]
    results: Mapping[str, str]
    declared: Mapping[str, str]
    table: str
    room: str
    loop: str
    quotient: str
    equal: Mapping[type[ast.cmpop], str]
    library: str
    functions: Mapping[str, str]
    constants: Mapping[str, str]
    margin: str


COMPARISONS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%"}


@cache
def tree_of(routine: Routine) -> ast.FunctionDef:
    """The routine's definition without its docstring."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(routine))).body
    assert isinstance(definition, ast.FunctionDef)
    if ast.get_docstring(definition) is not None:
        del definition.body[0]
    return definition


@cache
def names_in(routine: Routine) -> tuple[tuple[str, Any], ...]:
    """The names of its module that it uses, each once, with what they stand for."""
    used = [node.id for node in ast.walk(tree_of(routine)) if isinstance(node, ast.Name)]
    assert isinstance(routine, FunctionType)
    known = routine.__globals__
    return tuple([(name, known[name]) for name in dict.fromkeys(used) if name in known])


def called_by(routine: Routine) -> list[Routine]:
    """The other routines that it calls."""
    return [called for _, called in names_in(routine) if isinstance(called, FunctionType) and called is not routine]


def as_python(routine: Routine, spelled: Callable[[Routine], str]) -> str:
    """The routine with its tables inside and without annotations."""
    known = dict(names_in(routine))

    class Renamed(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            meant = known.get(node.id)
            if isinstance(meant, (float, int)):
                return ast.Constant(meant)
            return ast.Name(spelled(meant), node.ctx) if isinstance(meant, FunctionType) else node

        def visit_arg(self, node: ast.arg) -> ast.AST:
            return ast.arg(node.arg)

    definition = Renamed().visit(ast.parse(ast.unparse(tree_of(routine))).body[0])
    definition.name, definition.returns = spelled(routine), None
    for name, meaning in known.items():
        if isinstance(meaning, tuple):
            definition.body.insert(0, ast.parse(f"{name} = {meaning!r}").body[0])
    return ast.unparse(ast.fix_missing_locations(definition))


def as_braces(routine: Routine, spelled: Callable[[Routine], str], syntax: Syntax) -> str:
    """The routine in the syntax of C or of JavaScript."""
    return _Translator(routine, spelled, syntax).definition()


class _Translator:
    """One routine; `kinds` has the type of each of its names, as Python's annotations write it."""

    def __init__(self, routine: Routine, spelled: Callable[[Routine], str], syntax: Syntax) -> None:
        self.syntax = syntax
        self.tree = tree_of(routine)
        self.known = dict(names_in(routine))
        self.name = spelled(routine)
        self.spelled = spelled
        self.kinds = {
            parameter.arg: ast.unparse(parameter.annotation)
            for parameter in self.tree.args.args
            if parameter.annotation
        }
        self.parameters = list(self.kinds)
        self.rooms: dict[str, int] = {}
        for node in ast.walk(self.tree):
            self.infer(node)

    def infer(self, node: ast.AST) -> None:
        """Note the type of what a statement assigns: that of its first value."""
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            self.kinds[node.target.id] = "int"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if isinstance(node.value, ast.BinOp) and isinstance(node.value.left, ast.List):
                self.kinds[name] = "list[float]"
                self.rooms[name] = ast.literal_eval(node.value.right)
            elif name not in self.kinds:
                self.kinds[name] = "int" if self.is_integer(node.value) else "float"

    def is_integer(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, int)
        if isinstance(node, ast.Name):
            return self.kinds.get(node.id) in ("int", "bool") or isinstance(self.known.get(node.id), int)
        if isinstance(node, ast.BinOp):
            return not isinstance(node.op, ast.Div) and self.is_integer(node.left) and self.is_integer(node.right)
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.Not) or self.is_integer(node.operand)
        if isinstance(node, ast.IfExp):
            return self.is_integer(node.body) and self.is_integer(node.orelse)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return node.func.id == "int" or (node.func.id in ("max", "min") and all(map(self.is_integer, node.args)))
        return isinstance(node, (ast.Compare, ast.BoolOp))

    def definition(self) -> str:
        syntax, margin = self.syntax, self.syntax.margin
        parameters = ", ".join(syntax.parameters[self.kinds[name]].format(name) for name in self.parameters)
        returned = ast.unparse(self.tree.returns) if self.tree.returns else "None"
        lines = [syntax.head.format(syntax.results[returned], self.name, parameters)]
        for name, meaning in self.known.items():
            if isinstance(meaning, tuple):
                lines.append(margin + syntax.table.format(name, ", ".join(map(repr, meaning))))
        loops = {ast.unparse(node.target) for node in ast.walk(self.tree) if isinstance(node, ast.For)}
        for name, kind in self.kinds.items():
            if name in self.rooms:
                lines.append(margin + syntax.room.format(name, self.rooms[name]))
            elif name not in self.parameters and name not in loops:
                lines.append(margin + syntax.declared[kind].format(name))
        return "\n".join([*lines, *self.block(self.tree.body, 1), "}"])

    def block(self, statements: list[ast.stmt], depth: int) -> list[str]:
        return [line for statement in statements for line in self.statement(statement, depth)]

    def statement(self, node: ast.stmt, depth: int) -> list[str]:
        margin = self.syntax.margin * depth
        if isinstance(node, ast.Return):
            return [f"{margin}return {self.text(node.value)};"] if node.value else [f"{margin}return;"]
        if isinstance(node, ast.Assign):
            (target,) = node.targets
            is_room = isinstance(target, ast.Name) and target.id in self.rooms
            return [] if is_room else [f"{margin}{self.text(target)} = {self.text(node.value)};"]
        if isinstance(node, ast.AugAssign):
            return [f"{margin}{self.text(node.target)} {OPERATORS[type(node.op)]}= {self.text(node.value)};"]
        if isinstance(node, ast.If):
            lines = [f"{margin}if ({self.text(node.test)}) {{", *self.block(node.body, depth + 1)]
            other = [f"{margin}}} else {{", *self.block(node.orelse, depth + 1)] if node.orelse else []
            return [*lines, *other, f"{margin}}}"]
        if isinstance(node, ast.While):
            return [f"{margin}while ({self.text(node.test)}) {{", *self.block(node.body, depth + 1), f"{margin}}}"]
        if isinstance(node, ast.Expr):
            return [f"{margin}{self.text(node.value)};"]
        assert isinstance(node, ast.For) and isinstance(node.iter, ast.Call), ast.dump(node)
        first, last, step = self.bounds(node.iter.args)
        compared = "<" if step == "1" else ">"
        name = self.text(node.target)
        head = self.syntax.loop.format(name, first, f"{name} {compared} {last}", f"{name} += {step}")
        return [f"{margin}{head} {{", *self.block(node.body, depth + 1), f"{margin}}}"]

    def bounds(self, arguments: list[ast.expr]) -> tuple[str, str, str]:
        texts = [self.text(argument) for argument in arguments]
        return ("0", texts[0], "1") if len(texts) == 1 else (texts[0], texts[1], texts[2] if len(texts) > 2 else "1")

    def text(self, node: ast.expr | None) -> str:
        """An expression; every operation within another stands in brackets."""
        if isinstance(node, ast.Constant):
            return {True: "1", False: "0"}[node.value] if isinstance(node.value, bool) else repr(node.value)
        if isinstance(node, ast.Name):
            meant = self.known.get(node.id)
            return repr(meant) if isinstance(meant, (int, float)) else node.id
        if isinstance(node, ast.Subscript):
            return f"{self.text(node.value)}[{self.text(node.slice)}]"
        if isinstance(node, ast.Attribute):
            return self.syntax.constants[node.attr]
        if isinstance(node, ast.UnaryOp):
            sign = "!" if isinstance(node.op, ast.Not) else "-"
            return sign + self.inner(node.operand)
        if isinstance(node, ast.IfExp):
            return f"({self.text(node.test)} ? {self.inner(node.body)} : {self.inner(node.orelse)})"
        if isinstance(node, ast.BoolOp):
            sign = " && " if isinstance(node.op, ast.And) else " || "
            return sign.join(self.inner(operand) for operand in node.values)
        if isinstance(node, ast.Compare):
            terms = [self.inner(operand) for operand in (node.left, *node.comparators)]
            signs = [{**COMPARISONS, **self.syntax.equal}[type(comparison)] for comparison in node.ops]
            pairs = [f"{terms[k]} {sign} {terms[k + 1]}" for k, sign in enumerate(signs)]
            return pairs[0] if len(pairs) == 1 else " && ".join(f"({pair})" for pair in pairs)
        if isinstance(node, ast.BinOp):
            left, right = self.inner(node.left), self.inner(node.right)
            is_whole = isinstance(node.op, ast.Div) and self.is_integer(node.left) and self.is_integer(node.right)
            return (
                self.syntax.quotient.format(left, right) if is_whole else f"{left} {OPERATORS[type(node.op)]} {right}"
            )
        assert isinstance(node, ast.Call), ast.dump(node) if node else ""
        return self.call(node)

    def call(self, node: ast.Call) -> str:
        arguments = [self.text(argument) for argument in node.args]
        if isinstance(node.func, ast.Name) and isinstance(self.known.get(node.func.id), FunctionType):
            return f"{self.spelled(self.known[node.func.id])}({', '.join(arguments)})"
        name = node.func.attr if isinstance(node.func, ast.Attribute) else self.text(node.func)
        if name in ("max", "min"):
            total = arguments[0]
            for text in arguments[1:]:
                total = self.syntax.functions[name].format(total, text)
            return total
        form = self.syntax.functions.get(name)
        return form.format(*arguments) if form else f"{self.syntax.library.format(name)}({', '.join(arguments)})"

    def inner(self, node: ast.expr) -> str:
        text = self.text(node)
        return f"({text})" if isinstance(node, (ast.BinOp, ast.BoolOp, ast.Compare)) else text


C = Syntax(
    head="static {0} {1}({2}) {{",
    parameters={"float": "double {}", "int": "int {}", "list[float]": "double *{}"},
    results={"float": "double", "bool": "int", "int": "int", "None": "void"},
    declared={"float": "double {};", "int": "int {};"},
    table="static const double {0}[] = {{{1}}};",
    room="double {0}[{1}] = {{0}};",
    loop="for (int {0} = {1}; {2}; {3})",
    quotient="(double){0} / {1}",
    equal={ast.Eq: "==", ast.NotEq: "!="},
    library="{}",
    functions={"max": "fmax({}, {})", "min": "fmin({}, {})", "int": "(int)({})", "float": "(double)({})"},
    constants={"inf": "INFINITY", "nan": "NAN", "pi": repr(math.pi)},
    margin="    ",
)
JAVASCRIPT = Syntax(
    head="function {1}({2}) {{",
    parameters={"float": "{}", "int": "{}", "list[float]": "{}"},
    results={"float": "", "bool": "", "int": "", "None": ""},
    declared={"float": "let {};", "int": "let {};"},
    table="const {0} = [{1}];",
    room="const {0} = new Array({1}).fill(0);",
    loop="for (let {0} = {1}; {2}; {3})",
    quotient="{0} / {1}",
    equal={ast.Eq: "===", ast.NotEq: "!=="},
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
    margin="  ",
)
