"""The Korean catalogue: every text that an explanation or a page can show is in it, and nothing else."""

from __future__ import annotations

import ast
import io
import re
from importlib import import_module
from importlib.resources import files
from pkgutil import walk_packages

import backprop.autodiff
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.notation import Call
from backprop.autodiff.derivatives.trace import trace
from backprop.autodiff.gates import FAMILIES
from backprop.cli.explain import json as as_json
from backprop.cli.explain import text
from backprop.cli.explain.steps import explain_trace
from backprop.cli.graph.page_words import WORDS
from backprop.cli.language.korean import KOREAN
from backprop.cli.output.output import Look
from backprop.cli.reports import nonfinite
from backprop.parser import parse

from ...cases import as_one_test
from ..explain.test_sentences import APPLICATIONS

MODULES = [import_module(found.name) for found in walk_packages(backprop.autodiff.__path__, "backprop.autodiff.")]
DECLARED = {gate for module in MODULES for gate in vars(module).values() if isinstance(gate, Gate)}
GATES = [gate for gate in DECLARED.union(*FAMILIES.values()) if gate.expand is None]
ROOMS = ("explain", "graph")  # whose modules say sentences
FORMULA_EFFECTS = {
    "passes the gradient on",
    "flips the sign of the gradient",
    "scales the gradient by {0}",
    "divides the gradient by {0}",
}
HOW = {"both sides of a kink", "constant", "not asked for", "seed", "unused", "fixed"}  # of the table of nodes


def literals(node: ast.AST, names: dict[str, set[str]]) -> set[str]:
    """What an argument may be: the texts of an expression, or of a name in its function."""
    if isinstance(node, ast.Name):
        return names.get(node.id, set())
    if isinstance(node, ast.IfExp):
        return literals(node.body, names) | literals(node.orelse, names)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def texts_of_modules() -> set[str]:
    """The first arguments of all calls of `say`, which are texts where they stand or names that have some."""
    found: set[str] = set()
    for room in ROOMS:
        for module in files(f"backprop.cli.{room}").iterdir():
            if module.name.endswith(".py"):
                for function in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                    if isinstance(function, ast.FunctionDef):
                        found |= texts_of(function)
    return found


def texts_of(function: ast.FunctionDef) -> set[str]:
    names: dict[str, set[str]] = {}
    for _ in range(2):  # a name may stand for names
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    pairs = [(target, node.value)]
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                        pairs = list(zip(target.elts, node.value.elts, strict=True))
                    for one, value in pairs:
                        if isinstance(one, ast.Name):
                            names.setdefault(one.id, set()).update(literals(value, names))
    said: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "say":
            said |= literals(node.args[0], names)
    return said


def expected() -> set[str]:
    texts = texts_of_modules() | FORMULA_EFFECTS | HOW | set(WORDS.values())
    texts |= {nonfinite.CONSTANT, nonfinite.VALUE, nonfinite.GRADIENT}
    texts |= {gate.habit for gate in GATES if gate.habit is not None}
    texts |= {word for gate in GATES if gate.choice for word in gate.choice}
    foreign = [gate for gate in GATES if gate.is_function and gate.is_public and not gate.has_local]
    return texts | {gate.summary for gate in foreign if isinstance(gate.notation, Call)}


def test_every_text_has_its_korean_and_every_korean_its_text():
    assert set(KOREAN) == expected()


def test_the_places_and_formulas_are_the_same():
    for english, korean in KOREAN.items():
        assert sorted(re.findall(r"\{\d\}", korean)) == sorted(re.findall(r"\{\d\}", english)), english
        for formula in re.findall(r"\w+\([^가-힣;]*?\)", english, flags=re.ASCII):
            assert formula in korean, english
        # A particle that depends on the sound before it stands apart from a name.
        assert not re.search(r"\}(은|는|이|가|을|를|과|와|으로|로)(?![가-힣])", korean), english


@as_one_test(("expression", "values"), APPLICATIONS[::6])
def test_an_explanation_of_any_gate_is_korean_throughout(expression, values):
    known = trace(parse(expression), values)
    stream = io.StringIO()
    text.write(explain_trace(known, expression, language="ko"), stream, Look("text", 6, None, False, False))
    for word in ("gradient", " gate", "to v0:", "shape", "input", " so ", "seed", "Result"):
        assert word not in stream.getvalue()
    as_json.write(explain_trace(known, expression, language="ko"), stream, Look("json", 6, None, False, False))
    assert "collects" not in stream.getvalue()


def test_the_command_speaks_korean(backprop):
    lines = backprop("explain", "max(x, z)*x + 2/x", "x=1", "z=3", "--lang", "ko").lines
    assert "  n2 = n1 * x. mul 게이트는 서로 맞바꾼다: 각 입력은 상류 기울기에 다른 입력을 곱한 것을 받는다." in lines
    assert any("z 쪽이 더 큰 값, 따라서" in line for line in lines)
    assert any(line.startswith("  x 노드는 3번 쓰인다: dx = ") for line in lines)
    wrong = backprop("explain", "x", "x=1", "--lang", "kr")
    assert wrong.status == 2 and "it is one of en, ko" in wrong.err


def test_a_page_speaks_korean(backprop, tmp_path):
    question = ("graph", "q = max(x, y); q*x", "x=1", "y=2", "--lang", "ko")
    assert backprop(*question, "-o", "page.html").status == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in page and "역방향 전파" in page and "상류 기울기" in page and "(q 경유)" in page
    data = page[page.index("const data") :] if "const data" in page else page
    for word in (" gate ", "upstream", "the seed", "Step by step", " via "):
        assert word not in data
    assert backprop(*question, "--tree").status == 2
