r"""The callbacks of what has a variable of its own: `\int_{0}^{1} x^2 \, dx`, `\operatorname{root}_{x \approx 1}`."""

from __future__ import annotations

from typing import Any

from backprop.autodiff.errors import ExpressionError
from backprop.parser import binding
from backprop.parser.builder import Children, part
from backprop.parser.functions import FunctionScope
from backprop.parser.latex.differentials import FRACTION_END
from backprop.parser.latex.functions import FunctionBuilder
from backprop.parser.operand import Operand
from backprop.parser.scope import Scope

Opened = tuple[Operand, list[Operand]]  # the sign, and the ends of an integral or the start of a search


class InnerBuilder(FunctionBuilder):
    """The callbacks, with the names that the grammar calls them by."""

    def begin(self, source: str, shapes: Any = None) -> None:
        super().begin(source, shapes)
        self.integrals: set[int] = set()  # where integrals begin
        self.integral_ends: dict[int, bool] = {}  # where they end, and whether factors behind may belong to them

    def over(self, children: Children) -> Opened:
        r"""`\int_{0}^{1}`: the differential's name means the variable from here on."""
        sign, *scripts = children
        ends = {script.type: end for script, end in scripts}
        if len(ends) < 2:
            raise ExpressionError(
                "an integral without its two ends",
                sign.span,
                r"write \int_{0}^{1}; with a variable end, \int_{0}^{x}, its derivative is what is integrated",
            )
        self.bind(sign.value)
        return sign, [ends["BELOW"], ends["POWER"]]

    def near(self, children: Children) -> Opened:
        r"""`\operatorname{root}_{x \approx 1}`: the same for what is sought."""
        sign, _, _, variable, _, start, _ = children
        self.bind(variable)
        return sign, [start]

    def bind(self, variable: Operand) -> None:
        indices = sorted(variable.value.letters & indices_around(self.scope)) if variable.value is not None else []
        if indices:
            raise ExpressionError(
                f"the index '{indices[0]}' cannot be in the name of this variable", variable.span, "write another name"
            )
        self.scope = FunctionScope(self.scope, binding.read_variable(variable, self.scope))

    def integral(self, children: Children) -> Operand:
        opened, *body, differential = children
        made = self.finished_inside(opened, body[0] if body else self.literal(1.0, differential), differential)
        # Physicists write the differential first, alone or in a numerator.
        self.integral_ends[made.end_pos] = not body or differential.text == FRACTION_END
        self.integrals.add(made.start_pos)
        self.starts.add(made.start_pos)
        return made

    def ask_about_integral(self, left: Operand, right: Operand, sign: str) -> None:
        r"""Raise ExpressionError for `\int_0^1 dx\,x` and `\int_0^1 x\,dx/2`: where does the integral end?

        Another integral may follow, and a dot.
        """
        is_open = self.integral_ends.get(left.end_pos)
        if is_open is None or (not is_open and (sign not in ("", "/") or right.start_pos in self.integrals)):
            return
        raise ExpressionError(
            "does the integral end before this?",
            right.span,
            "write the differential last, or brackets around the integral",
        )

    def sought(self, children: Children) -> Operand:
        opened, _, body, closing = children
        return self.finished_inside(opened, body, closing)

    def finished_inside(self, opened: Opened, body: Operand, closing: Operand) -> Operand:
        sign, ends = opened
        made = part(sign, closing)
        function = self.inside([sign, body])
        made.node = binding.defined(self.scope, self.literal_name(sign.text, sign), function, ends, made.span)
        return made


def indices_around(scope: Scope) -> set[str]:
    """The indices of the sums around."""
    return set(scope.head.parameters) & scope.indices.keys() if isinstance(scope, FunctionScope) else set()
