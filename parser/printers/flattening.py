"""Routines without the expressions that a language lacks: statements before them do the same. Writes nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from copy import copy

from backprop.parser.printers.routines import Kinds


class Flattening:
    """The statements of a routine without what a language has no expressions for, each choice made by an `if`."""

    def __init__(self, kinds: Kinds, *, has_choices: bool, has_copies: bool) -> None:
        self.kinds = kinds
        self.has_choices = has_choices
        self.has_copies = has_copies
        self.count = 0

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        return [line for statement in statements for line in self.statement(statement)]

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        before: list[ast.stmt] = []
        if isinstance(node, ast.Assign):
            return self.settled(node.value, lambda value: ast.Assign(node.targets, value))
        if isinstance(node, ast.AugAssign):
            value = self.lifted(node.value, before)
            return [*before, ast.AugAssign(node.target, node.op, value)]
        if isinstance(node, ast.Return) and node.value is not None:
            return self.settled(node.value, ast.Return, is_whole=False)
        if isinstance(node, ast.Expr):
            return self.settled(node.value, ast.Expr)
        if isinstance(node, ast.If):
            test = self.lifted(node.test, before)
            return [*before, ast.If(test, self.block(node.body), self.block(node.orelse))]
        if isinstance(node, ast.While):
            return [ast.While(node.test, self.block(node.body), [])]
        if isinstance(node, ast.For):
            bounds = self.lifted(node.iter, before)
            return [*before, ast.For(node.target, bounds, self.block(node.body), [])]
        return [node]

    def settled(
        self, value: ast.expr, made: Callable[[ast.expr], ast.stmt], *, is_whole: bool = True
    ) -> list[ast.stmt]:
        """The statement that is made of a value, once in each branch where that is a choice."""
        before: list[ast.stmt] = []
        if isinstance(value, ast.IfExp) and not self.has_choices:
            test = self.lifted(value.test, before)
            branches = [self.settled(branch, made, is_whole=is_whole) for branch in (value.body, value.orelse)]
            return [*before, ast.If(test, *branches)]
        statement = made(self.lifted(value, before, is_whole=is_whole))
        return [*before, statement]

    def lifted(self, node: ast.expr, before: list[ast.stmt], *, is_whole: bool = False) -> ast.expr:
        """The expression with names for what statements before it compute; one that is `whole` has its own."""
        is_choice = isinstance(node, ast.IfExp) and not self.has_choices
        is_copy = self.has_copies and bool(self.kinds.changed(node)) and not is_whole
        if is_choice or is_copy:
            self.count += 1
            name = ast.Name(f"part{self.count}", ast.Store())
            self.kinds.names[name.id] = self.kinds.of(node)
            before += self.settled(node, lambda value: ast.Assign([name], value))
            return name
        return self.rebuilt(node, before)

    def rebuilt(self, node: ast.expr, before: list[ast.stmt]) -> ast.expr:
        """The same with its parts lifted."""
        made = copy(node)
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                setattr(made, field, self.lifted(value, before))
            elif isinstance(value, list):
                setattr(made, field, [self.lifted(one, before) if isinstance(one, ast.expr) else one for one in value])
        return made
