"""Routines of numerics/routines, which are Python, in another language's syntax. Knows no routine by name."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import FunctionType

from backprop.parser.printers.flattening import Flattening
from backprop.parser.printers.routines import (
    BOOL,
    FLOAT,
    INT,
    LIST,
    NOTHING,
    Kinds,
    Routine,
    changed_by,
    names_in,
    parameters_of,
    tree_of,
    widest,
)
from backprop.parser.printers.syntax import Syntax

COMPARISONS: dict[type[ast.cmpop], str] = {
    **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="},
    **{ast.Eq: "==", ast.NotEq: "!="},
}
OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


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


def as_syntax(routine: Routine, spelled: Callable[[Routine], str], syntax: Syntax) -> str:
    """The routine in another syntax than Python's."""
    return _Translator(routine, spelled, syntax).definition()


class _Translator:
    """One routine."""

    def __init__(self, routine: Routine, spelled: Callable[[Routine], str], syntax: Syntax) -> None:
        self.syntax = syntax
        self.kinds = Kinds(routine)
        self.name = spelled(routine)
        self.spelled = spelled
        self.changed = changed_by(routine)
        tree = tree_of(routine)
        self.loops = {ast.unparse(node.target) for node in ast.walk(tree) if isinstance(node, ast.For)}
        flattening = Flattening(self.kinds, has_choices=syntax.choice is not None, has_copies=syntax.copies is not None)
        self.body = flattening.block(tree.body)

    def definition(self) -> str:
        syntax, margin = self.syntax, self.syntax.margin
        names = self.in_order(list(self.kinds.parameters), list(self.kinds.parameters.values()))
        parameters = ", ".join([syntax.parameters[self.kinds.parameters[name]].format(name) for name in names])
        outputs = ", ".join([*(["answer"] if self.kinds.result != NOTHING else []), *self.changed])
        lines = syntax.heads[self.kinds.result].format(self.name, parameters, outputs).splitlines()
        lines += [
            margin + syntax.given[kind].format(name) for name, kind in self.kinds.parameters.items() if syntax.given
        ]
        for name, kind in self.kinds.names.items():
            if name in self.kinds.rooms:
                lines.append(margin + syntax.room.format(name, self.kinds.rooms[name], self.kinds.rooms[name] - 1))
            elif name not in self.kinds.parameters and (name not in self.loops or INT in syntax.given):
                declared = syntax.locals.get(kind, "").format(self.named(name))
                lines += [margin + declared] if declared else []
        for name, meaning in self.kinds.known.items():
            if isinstance(meaning, tuple):
                entries = ", ".join(map(syntax.number, meaning))
                lines.append(margin + syntax.table.format(name, entries, len(meaning), len(meaning) - 1))
        return "\n".join(
            [*lines, *self.block(self.body, 1), *syntax.ends[self.kinds.result].format(self.name).splitlines()]
        )

    def in_order(self, ones: list[str], kinds: list[str]) -> list[str]:
        """Parameters or arguments of those kinds as they stand in a call."""
        if not self.syntax.lists_last:
            return ones
        return [ones[place] for place in sorted(range(len(ones)), key=lambda place: kinds[place] == LIST)]

    def block(self, statements: list[ast.stmt], depth: int) -> list[str]:
        return [line for statement in statements for line in self.statement(statement, depth)]

    def statement(self, node: ast.stmt, depth: int) -> list[str]:
        syntax, margin = self.syntax, self.syntax.margin * depth
        if isinstance(node, ast.Return):
            form = (
                syntax.leave if node.value is None else syntax.answer.format(self.given(node.value, self.kinds.result))
            )
            return [margin + line for line in form.splitlines()]
        if isinstance(node, ast.Assign):
            (target,) = node.targets
            if isinstance(target, ast.Name) and target.id in self.kinds.rooms:
                return [margin + syntax.cleared.format(target.id)] if syntax.cleared else []
            if (call := self.copying_call(node.value, self.text(target))) is not None:
                return [margin + call]
            return [margin + syntax.assignment.format(self.text(target), self.given(node.value, self.kinds.of(target)))]
        if isinstance(node, ast.AugAssign):
            target, kind, sign = node.target, self.kinds.of(node.target), OPERATORS[type(node.op)]
            value = (self.given(node.value, kind), self.inner(node.value, kind))
            return [margin + syntax.change.format(self.text(target), sign, *value)]
        if isinstance(node, ast.If):
            lines = [margin + syntax.branch.format(self.given(node.test, BOOL)), *self.block(node.body, depth + 1)]
            other = [margin + syntax.otherwise.format(), *self.block(node.orelse, depth + 1)] if node.orelse else []
            return [*lines, *other, margin + syntax.end]
        if isinstance(node, ast.While):
            head = margin + syntax.repeat.format(self.given(node.test, BOOL))
            return [head, *self.block(node.body, depth + 1), margin + syntax.loop_end]
        if isinstance(node, ast.Expr):
            form = syntax.call if self.kinds.of(node.value) == NOTHING else syntax.unasked
            return [margin + (self.copying_call(node.value, None) or form.format(self.text(node.value)))]
        assert isinstance(node, ast.For) and isinstance(node.iter, ast.Call), ast.dump(node)
        first, last, step = self.bounds(node.iter.args)
        end = shifted(last, -1 if step == "1" else 1)
        compared = "<" if step == "1" else ">"
        head = syntax.loop.format(
            name=self.text(node.target), first=first, last=last, step=step, end=end, compared=compared
        )
        return [margin + head, *self.block(node.body, depth + 1), margin + syntax.loop_end]

    def bounds(self, arguments: list[ast.expr]) -> tuple[str, str, str]:
        texts = [self.inner(argument, INT) for argument in arguments[:2]]
        step = self.text(arguments[2]) if len(arguments) > 2 else "1"
        return ("0", texts[0], step) if len(texts) == 1 else (texts[0], texts[1], step)

    def given(self, node: ast.expr, kind: str) -> str:
        """An expression as a number of that kind."""
        own = self.kinds.of(node)
        form = self.syntax.conversions.get((own, kind))
        if form is None:
            return self.text(node)
        value = self.kinds.known.get(node.id) if isinstance(node, ast.Name) else getattr(node, "value", None)
        if kind == FLOAT and isinstance(value, int):
            return self.syntax.number(float(value))
        return form.format(self.text(node), self.inner(node, own))

    def named(self, name: str) -> str:
        """A loop's variable that nobody asks for has a name elsewhere."""
        return "time" if name == "_" else name

    def text(self, node: ast.expr) -> str:
        """An expression; every operation within another stands in brackets."""
        syntax = self.syntax
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, (int, float))
            return self.constant(node.value)
        if isinstance(node, ast.Name):
            meant = self.kinds.known.get(node.id)
            return self.constant(meant) if isinstance(meant, (int, float)) else self.named(node.id)
        if isinstance(node, ast.Subscript):
            index = shifted(self.inner(node.slice, INT) if syntax.first else self.text(node.slice), syntax.first)
            return syntax.item.format(self.text(node.value), index if index.isdigit() else syntax.place.format(index))
        if isinstance(node, ast.Attribute):
            return syntax.constants[node.attr]
        if isinstance(node, ast.UnaryOp):
            is_not = isinstance(node.op, ast.Not)
            return (syntax.negation if is_not else "-{}").format(
                self.inner(node.operand, BOOL if is_not else self.kinds.of(node))
            )
        if isinstance(node, ast.IfExp):
            assert syntax.choice is not None
            kind = self.kinds.of(node)
            branches = (self.inner(node.body, kind), self.inner(node.orelse, kind))
            return syntax.choice.format(self.given(node.test, BOOL), *branches)
        if isinstance(node, ast.BoolOp):
            sign = syntax.both if isinstance(node.op, ast.And) else syntax.either
            return sign.join([self.inner(operand, BOOL) for operand in node.values])
        if isinstance(node, ast.Compare):
            return self.comparison(node)
        if isinstance(node, ast.BinOp):
            kind = self.kinds.of(node)
            left, right = self.inner(node.left, kind), self.inner(node.right, kind)
            is_product = isinstance(node.op, ast.Mult) and kind == FLOAT
            form = syntax.product if is_product else syntax.whole if isinstance(node.op, ast.Mod) else ""
            return form.format(left, right) if form else f"{left} {OPERATORS[type(node.op)]} {right}"
        assert isinstance(node, ast.Call), ast.dump(node)
        return self.call(node)

    def constant(self, value: float) -> str:
        if isinstance(value, bool):
            return self.syntax.truths[value]
        return repr(value) if isinstance(value, int) else self.syntax.number(value)

    def comparison(self, node: ast.Compare) -> str:
        pairs = []
        for left, sign, right in zip((node.left, *node.comparators), node.ops, node.comparators, strict=False):
            kind = widest(self.kinds.of(left), self.kinds.of(right))
            spelled = {**COMPARISONS, **self.syntax.comparisons}[type(sign)] if kind != BOOL else self.syntax.alike
            form = spelled if "{" in spelled else f"{{}} {spelled} {{}}"
            pairs.append(form.format(self.inner(left, kind), self.inner(right, kind)))
        return pairs[0] if len(pairs) == 1 else self.syntax.both.join([f"({pair})" for pair in pairs])

    def call(self, node: ast.Call) -> str:
        called = self.kinds.called(node)
        if called is not None:
            kinds = list(parameters_of(called).values())
            arguments = [self.argument(one, kind) for one, kind in zip(node.args, kinds, strict=True)]
            return f"{self.spelled(called)}({', '.join(self.in_order(arguments, kinds))})"
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if name in ("max", "min"):
            kind = self.kinds.of(node)
            total, *others = [self.given(argument, kind) for argument in node.args]
            form = self.syntax.functions.get(f"{name} of {kind}", self.syntax.functions[name])
            for other in others:
                total = form.format(total, other)
            return total
        texts = [self.text(one) if name in (INT, FLOAT) else self.given(one, FLOAT) for one in node.args]
        form = self.syntax.functions.get(name, "")
        return form.format(*texts) if form else f"{self.syntax.library.format(name)}({', '.join(texts)})"

    def argument(self, node: ast.expr, kind: str) -> str:
        if isinstance(node, ast.Name) and node.id in self.kinds.rooms:
            return self.syntax.lent.format(node.id)
        return self.given(node, kind)

    def copying_call(self, node: ast.expr, target: str | None) -> str | None:
        """A call that changes lists, with what it gives back, where the language copies them; else None."""
        changed = self.kinds.changed(node)
        if self.syntax.copies is None or not changed:
            return None
        answer = [] if self.kinds.of(node) == NOTHING else [target or "~"]
        return self.syntax.copies.format(", ".join([*answer, *changed]), self.text(node))

    def inner(self, node: ast.expr, kind: str) -> str:
        text = self.given(node, kind)
        is_plain = text == self.text(node)
        is_operation = isinstance(node, (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp))
        return f"({text})" if text.startswith("-") or (is_operation and is_plain) else text


def shifted(index: str, by: int) -> str:
    """The text of a whole number and another one."""
    if index.isdigit():
        return str(int(index) + by)
    return index if by == 0 else f"{index} {'+' if by > 0 else '-'} {abs(by)}"
