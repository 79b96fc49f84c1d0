"""The fuzzers find a fault that was planted and shorten it, and the seed alone decides what they try."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from random import Random

import pytest

from backprop.cli import main as program

from . import commands, commands_fuzzer, formulas, numbers_fuzzer, runs
from .runs import Run, answer, fault
from .shrinking import TimeIsUp, shortest
from .truths import case


@pytest.mark.parametrize("made", [commands.run, lambda random: case(random).text])
def test_the_seed_decides_the_cases(made):
    once, again = ([made(Random(f"3 {place}")) for place in range(20)] for _ in range(2))
    assert once == again and once[0] != once[1]


def test_all_gates_are_tried():
    random = Random(1)
    texts = " ".join(formulas.formula(random, (), 6).text() for _ in range(2000))
    names = (*formulas.ENTRYWISE, *formulas.REDUCTIONS, *formulas.RUNNING, "det", "inv", "solve", "hypot", "atan2")
    assert [name for name in names if f"{name}(" not in texts] == []


def complains():
    print("Traceback (most recent call last):", file=sys.stderr)
    return 2


WRONG_ANSWERS = {
    "status 70": lambda: 70,
    "status 2 without a word": lambda: 2,
    "status 2: ": complains,
    "killed by SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "more than 1 GB": lambda: len(b"1" * (runs.BYTES + 1)) and 0,
    "more than 5 s": lambda: [None for _ in iter(int, 1)],
    "the output is not JSON": lambda: print("[NaN]", flush=True) or 0,
}


@pytest.mark.parametrize("kind", WRONG_ANSWERS)
def test_an_answer_that_may_not_be_is_a_fault(monkeypatch, kind):
    monkeypatch.setattr(program, "answer", WRONG_ANSWERS[kind])
    if kind == "more than 5 s":
        monkeypatch.setattr(runs, "SECONDS_OF_CPU", 1)
    run = Run(("grad", "x", "--json"))
    assert (fault(run, answer(run)) or "").startswith(kind)


@pytest.mark.parametrize("is_installed", [False, True])
def test_a_fork_answers_as_the_installed_command_does(is_installed):
    run = Run(("batch", "x*y", "--y", "3"), stdin=b"x\n2\nwide\n")
    found = answer(run, is_installed=is_installed)
    assert (found.status, found.out) == (3, b"x,value,grad_x,grad_y\n2,6,3,2\nwide,,,\n")
    assert found.err == b"line 3: x is 'wide', which is not a number\n" and fault(run, found) is None


def test_a_planted_fault_of_a_command_is_found_and_shortened(monkeypatch):
    monkeypatch.setattr(program, "answer", lambda: 70 if any("cosh" in word for word in sys.argv) else 0)
    _, kind, shown = next(commands_fuzzer.faults(1, range(1, 1000), set()))
    assert kind.startswith("status 70")
    assert shown.splitlines()[0] == 'cd "$(mktemp -d)"' and shown.splitlines()[1].endswith(" cosh") and len(shown) < 50


def test_a_planted_fault_of_a_derivative_is_found_and_shortened(monkeypatch):
    right = numbers_fuzzer.jvp

    def wrong(graph, *given, **values):
        value, tangent = right(graph, *given, **values)
        return value, tangent * (1 + 1e-9 * any(node.gate.name == "mul" for node in graph.nodes))

    monkeypatch.setattr(numbers_fuzzer, "jvp", wrong)
    monkeypatch.setattr(numbers_fuzzer, "TOGETHER", {})
    monkeypatch.setattr(numbers_fuzzer, "WAYS", {way: numbers_fuzzer.WAYS[way] for way in ("grad", "jvp")})
    _, kind, shown = next(numbers_fuzzer.faults(1, range(40), set()))
    assert kind.startswith("jvp, order 1: *")
    assert shown.startswith("backprop jvp '") and len(shown.partition("' ")[0]) < 30


def test_a_run_is_shown_as_a_command_that_bash_reads_back():
    run = Run(
        ("grad", "a'b\n\u00e9\udcff%d"),
        stdin=b"x%\x00'\\\n",
        files={"rows.csv": b"\xff"},
        environment={"COLUMNS": "1 2"},
    )
    shown = run.as_command().replace("backprop ", f"{sys.executable} -c 'import sys; print(ascii(sys.argv[1:]))' ")
    done = subprocess.run(["bash", "-c", shown], capture_output=True, text=True, check=True)
    assert done.stdout == f"{list(run.words)!a}\n"


def test_shrinking_keeps_what_it_has_when_its_time_is_up():
    asked = []

    def fails(parts):
        asked.append(parts)
        if len(asked) > 3:
            raise TimeIsUp
        return 7 in parts

    assert 7 in shortest(range(16), fails)
    assert len(asked) == 4
    assert shortest(range(16), lambda parts: 7 in parts) == [7]


@pytest.mark.parametrize("size", [commands_fuzzer.LONGEST_ARGUMENT - 1, commands_fuzzer.LONGEST_ARGUMENT])
def test_what_the_system_passes_to_no_program_is_known_before(size):
    words = ("eval", "#" * size)
    try:
        subprocess.run(["true", *words], check=True)
        starts = True
    except OSError:
        starts = False
    assert commands_fuzzer.is_passed(words) == starts
