"""What is known of the routines of numerics/routines by their source: what they call, and what kind a number is.

It takes what they keep to: numbers, lists of fixed length, `if`, `while`, `for` over a range, functions of `math`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

Routine = Callable[..., Any]
BOOL, INT, FLOAT, LIST, NOTHING = "bool", "int", "float", "list[float]", "None"  # kinds, as annotations write them
WIDTHS = (BOOL, INT, FLOAT)


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


def parameters_of(routine: Routine) -> dict[str, str]:
    """The kind of each of its parameters."""
    return {one.arg: ast.unparse(one.annotation) for one in tree_of(routine).args.args if one.annotation}


def result_of(routine: Routine) -> str:
    """The kind of its result."""
    returned = tree_of(routine).returns
    return ast.unparse(returned) if returned else NOTHING


@cache
def changed_by(routine: Routine) -> tuple[str, ...]:
    """Those of its parameters, lists, into which it writes."""
    known = dict(names_in(routine))
    found: set[str] = set()
    for node in ast.walk(tree_of(routine)):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            found.add(ast.unparse(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = known.get(node.func.id)
            if isinstance(called, FunctionType) and called is not routine:
                pairs = zip(parameters_of(called), node.args, strict=True)
                found |= {ast.unparse(argument) for name, argument in pairs if name in changed_by(called)}
    return tuple([name for name in parameters_of(routine) if name in found])


def called_by(routine: Routine) -> list[Routine]:
    """The other routines that it calls."""
    return [called for _, called in names_in(routine) if isinstance(called, FunctionType) and called is not routine]


def widest(*kinds: str) -> str:
    """The kind that has the numbers of all."""
    return max(kinds, key=WIDTHS.index)


class Kinds:
    """The kind of each name of a routine, and of its expressions; `rooms` are its own lists, with their lengths."""

    def __init__(self, routine: Routine) -> None:
        self.known = dict(names_in(routine))
        self.parameters = parameters_of(routine)
        self.result = result_of(routine)
        self.names = dict(self.parameters)
        self.rooms: dict[str, int] = {}
        before: dict[str, str] = {}
        while before != self.names:  # what a name is made of may be made of it
            before = dict(self.names)
            for node in ast.walk(tree_of(routine)):
                self.infer(node)

    def infer(self, node: ast.AST) -> None:
        """Note the kind of what a statement assigns."""
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            self.names[node.target.id] = INT
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if isinstance(node.value, ast.BinOp) and isinstance(node.value.left, ast.List):
                self.names[name] = LIST
                self.rooms[name] = ast.literal_eval(node.value.right)
            elif name not in self.parameters:
                self.names[name] = widest(self.names.get(name, BOOL), self.of(node.value))

    def of(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            return type(node.value).__name__
        if isinstance(node, ast.Name):
            meant = self.known.get(node.id)
            return type(meant).__name__ if isinstance(meant, (float, int)) else self.names.get(node.id, BOOL)
        if isinstance(node, ast.BinOp):
            return FLOAT if isinstance(node.op, ast.Div) else widest(INT, self.of(node.left), self.of(node.right))
        if isinstance(node, ast.UnaryOp):
            return BOOL if isinstance(node.op, ast.Not) else self.of(node.operand)
        if isinstance(node, ast.IfExp):
            return widest(self.of(node.body), self.of(node.orelse))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = self.known.get(node.func.id)
            if isinstance(called, FunctionType):
                return result_of(called)
            if node.func.id in ("max", "min"):
                return widest(*map(self.of, node.args))
            return node.func.id  # int and float
        if isinstance(node, ast.Call):
            return BOOL if ast.unparse(node.func) == "math.isinf" else FLOAT
        return BOOL if isinstance(node, (ast.Compare, ast.BoolOp)) else FLOAT

    def called(self, node: ast.expr) -> Routine | None:
        """The routine that an expression calls."""
        is_named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        meant = self.known.get(ast.unparse(node.func)) if is_named and isinstance(node, ast.Call) else None
        return meant if isinstance(meant, FunctionType) else None

    def changed(self, node: ast.expr) -> list[str]:
        """The lists that a call changes, by their names here."""
        called = self.called(node)
        if called is None or not isinstance(node, ast.Call):
            return []
        pairs = zip(parameters_of(called), node.args, strict=True)
        return [ast.unparse(argument) for name, argument in pairs if name in changed_by(called)]
