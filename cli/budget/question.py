"""What a budget asks: the expression, what is known of each input, and how they are correlated. Computes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.autodiff.uncertainty.coverage import normal_probability
from backprop.autodiff.uncertainty.inputs import Uncertain
from backprop.autodiff.uncertainty.numbers import Vector
from backprop.cli.budget.correlations import CovarianceFile, Pairs, read_correlations, read_covariance
from backprop.cli.question.argv import Arguments
from backprop.cli.question.question import Needs, Question, ask
from backprop.cli.question.uncertain_text import last_sign, read_uncertain
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure


class BudgetQuestion(NamedTuple):
    """`question` has the estimates alone, `inputs` what is known of each; `notes` is what was found out on the way."""

    question: Question
    inputs: dict[str, Any]
    correlations: Pairs
    notes: Sequence[str]


class InputReader:
    """Reads the texts of values, and keeps what they say of uncertainties, and the readings."""

    def __init__(self) -> None:
        self.known: dict[str, Uncertain] = {}
        self.readings: dict[str, dict[str, Vector]] = {}  # by file and name
        self.notes: list[str] = []

    def __call__(self, name: str, text: str) -> Array:
        """The estimate. Raises ExpressionError or Failure."""
        if text.startswith("@") and last_sign(text) is None:
            place, *settings = text.split(",")
            from backprop.cli.budget.readings import column_in  # here, not above: most values are no readings

            found = column_in(place)
            if found is not None:
                return self._of_readings(name, *found, settings)
        what = read_uncertain(name, text)
        if not isinstance(what, Uncertain):
            return what
        self.known[name] = what
        return np.asarray(what.value, dtype=np.float64)[()]

    def _of_readings(self, name: str, path: str, column: str, settings: Sequence[str]) -> Array:
        from backprop.cli.budget.readings import mean_of, read_column
        from backprop.cli.question.argv import normalized

        words = [word.strip() for word in settings]
        if words not in ([], ["t"], ["normal"]):
            raise Failure(
                f"the value of {name}: {', '.join(words)} does not go with readings",
                "what may follow is ,t: trials from Student's t distribution of their degrees of freedom",
            )
        readings = read_column(path, normalized(column), self._note)
        known = mean_of(name, readings, path, f"{path}:{column}")
        self.readings.setdefault(path, {})[name] = readings
        self.known[name] = known._replace(distribution=words[0] if words else known.distribution)
        return np.float64(known.value)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def correlations(self) -> Pairs:
        """Those of readings that stand in the same rows."""
        from backprop.cli.budget.readings import correlation_of

        pairs: Pairs = {}
        for columns in self.readings.values():
            names = list(columns)
            for place, name in enumerate(names):
                for other in names[:place]:
                    pairs[name, other] = correlation_of(columns[name], columns[other])
        return pairs


def ask_budget(
    arguments: Arguments,
    file: str | None,
    vars_files: Sequence[str],
    *,
    correlations: Sequence[str],
    covariance: str | None,
) -> BudgetQuestion:
    """The question in the argv of a budget. Raises ExpressionError or Failure."""
    read = InputReader()
    given = read_correlations(correlations)
    filed = read_covariance(covariance) if covariance is not None else None
    question = ask("budget", arguments, file, vars_files, Needs.VALUES, read=read, more=filed.values if filed else None)
    inputs: dict[str, Any] = {**question.values, **read.known}
    pairs = read.correlations()
    if filed:
        inputs |= with_covariance(filed, inputs)
        known = {name for name, what in inputs.items() if isinstance(what, Uncertain)}
        pairs |= {
            pair: coefficient
            for pair, coefficient in filed.correlations.items()
            if all(entry.partition("[")[0] in known for entry in pair)
        }
    for pair in given:
        if pair in pairs or pair[::-1] in pairs:
            first, second = pair
            raise Failure(f"--correlation {first},{second}: the data say it already", "omit the option")
    return BudgetQuestion(question, inputs, pairs | given, read.notes)


def with_covariance(filed: CovarianceFile, inputs: dict[str, Any]) -> dict[str, Uncertain]:
    """The inputs of which a covariance file tells. Raises Failure for one that has an uncertainty of its own."""
    found = {}
    for name, what in inputs.items():
        is_known = isinstance(what, Uncertain)
        known = filed.uncertain(name, what.value if is_known else what)
        if known is not None:
            if is_known:
                raise Failure(
                    f"{name} has an uncertainty, and --covariance {filed.path} gives one, too", "omit one of the two"
                )
            found[name] = known
    if not found:
        raise Failure(
            f"--covariance {filed.path} tells of none of the inputs {', '.join(inputs)}",
            f"it has {', '.join(filed.uncertainties)}",
        )
    if not filed.values:
        for entry in filed.uncertainties:
            if entry.partition("[")[0] not in found:
                raise Failure(
                    f"--covariance {filed.path}: {entry} is not a variable of the expression",
                    f"its variables are {', '.join(inputs)}",
                )
    return found


def read_coverage(text: str) -> float:
    """`0.99`, `99%` or `k=2`, as a probability. Raises ExpressionError or Failure."""
    word, equals, factor = text.partition("=")
    if equals and word.strip() == "k":
        probability = normal_probability(positive("--coverage k", factor))
    elif text.strip().endswith("%"):
        probability = positive("--coverage", text.strip()[:-1]) / 100.0
    else:
        probability = positive("--coverage", text)
    if not 0.0 < probability < 1.0:
        raise Failure(f"--coverage {text}", "a probability between 0 and 1, or a factor: 0.95, 99%, k=2")
    return probability


def read_target(text: str) -> tuple[str, float]:
    """`U=0.1`, an expanded uncertainty, or `u=0.05`, a standard one. Raises ExpressionError or Failure."""
    word, equals, number = text.partition("=")
    if not equals or word.strip() not in ("U", "u"):
        raise Failure(f"--target {text}", "write U=0.1 for the expanded uncertainty, u=0.05 for the standard one")
    return word.strip(), positive("--target", number)


def positive(option: str, text: str) -> float:
    value = read_value(option, text.strip())
    if np.ndim(value) or not 0.0 < float(value) < math.inf:
        raise Failure(f"{option} {text.strip()}", "give one positive number")
    return float(value)
