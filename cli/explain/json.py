"""The explanation as JSON: each step with its node, gate, formulas and numbers, and the sentence that the text has."""

from __future__ import annotations

from typing import Any, TextIO

from backprop.cli.explain.habits import habit
from backprop.cli.explain.notations import PLAIN
from backprop.cli.explain.parts import part_line
from backprop.cli.explain.sentences import forward_line, step_blocks
from backprop.cli.explain.steps import Explanation, ForwardStep, ReverseStep, Term
from backprop.cli.output.json import SCHEMA, dumped, plain
from backprop.cli.output.output import Look
from backprop.cli.reports.nonfinite import nonfinite_entries, nonfinite_values
from backprop.parser.printers.expression import shortest


def write(explanation: Explanation, stream: TextIO, look: Look) -> None:
    derivative = "tangent" if explanation.is_tangent else "gradient"
    passed = "tangents" if explanation.is_tangent else "reverse"
    data = {
        "schema": SCHEMA,
        "command": "explain",
        "expression": explanation.text,
        "output": explanation.output,
        "value": explanation.value,
        derivative: explanation.trace.gradients,
        "forward": [forward_entry(explanation, step) for step in explanation.forward],
        passed: [step_entry(explanation, step, derivative) for step in explanation.steps],
        "nonfinite": [*nonfinite_entries(explanation.trace, derivative), *nonfinite_parts(explanation.steps)],
    }
    stream.write(dumped(plain(data)) + "\n")


def forward_entry(explanation: Explanation, step: ForwardStep) -> dict[str, Any]:
    return {
        "node": step.label,
        "gate": step.gate,
        "expression": step.expression.text,
        "shape": list(step.node.shape),
        "value": step.value,
        "text": PLAIN.line(forward_line(explanation, step), shortest),
    }


def step_entry(explanation: Explanation, step: ReverseStep, derivative: str) -> dict[str, Any]:
    """`shares` are the terms of the sum, `parts` what the gate passes on; a part is told whole in one place only."""
    told = step.received if explanation.is_tangent else step.parts
    return {
        "node": step.label,
        "gate": step.gate,
        "expression": step.expression.text,
        "habit": PLAIN.line(habit(explanation, step), shortest),
        "name": step.derivative,
        "shape": list(step.node.shape),
        derivative: step.total,
        "is_seed": step.is_seed,
        "shares": [{"node": other(explanation, part), "value": part.value} for part in step.received],
        "parts": [part_entry(explanation, part) for part in told],
        "stopped": list(step.stopped),
        "text": [PLAIN.line(block.line, shortest) for block in step_blocks(explanation, step)],
    }


def other(explanation: Explanation, part: Term) -> str:
    """The node at the other end of a part that a node received."""
    return part.operand if explanation.is_tangent else part.user


def part_entry(explanation: Explanation, part: Term) -> dict[str, Any]:
    return {
        "from" if explanation.is_tangent else "to": part.operand,
        "position": part.position,
        "local_formula": None if part.local_rule is None else part.local_rule.text,
        "formula": None if part.share is None else part.share.text,
        "upstream_name": part.derivative,
        "upstream": part.upstream,
        "local": part.local,
        "value": part.value,
        "is_product": part.is_product,
        "is_taken": part.is_taken,
        "text": PLAIN.line(part_line(explanation, part), shortest),
    }


def nonfinite_parts(steps: tuple[ReverseStep, ...]) -> list[dict[str, Any]]:
    """The numbers of parts that JSON has as null."""
    return nonfinite_values(
        {
            f"{part.user}.{part.operand}.{part.position}.{column}": value
            for step in steps
            for part in step.received
            for column, value in (("upstream", part.upstream), ("local", part.local), ("value", part.value))
            if value is not None
        }
    )
