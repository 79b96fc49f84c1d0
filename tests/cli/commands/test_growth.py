"""The work of a command grows with the formula: function calls are counted, not seconds."""

import sys

import pytest

from backprop.cli.program import run


def many_variables(terms):
    return " + ".join(f"x{i}*y{i}" for i in range(terms)), [f"{name}{i}=0.5" for i in range(terms) for name in "xy"]


def chain(terms):
    return f"q0 = x\n{''.join(f'q{i + 1} = sin(q{i}) + {i}.5*y' + chr(10) for i in range(terms))}q{terms}", []


def calls(words):
    count = 0

    def see(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(see)
    try:
        run(words)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("command", "write", "sizes"),
    [
        ("grad", many_variables, (30, 60, 90)),
        ("diff", many_variables, (30, 60, 90)),
        ("diff --cse", chain, (70, 100, 130)),  # one of 200 nodes or less is looked at again for a shorter form
    ],
)
def test_as_many_terms_more_are_as_much_more_work(capfd, command, write, sizes):
    def work(terms):
        text, values = write(terms)
        name, *options = command.split()
        return calls([name, text, *values, *options])

    work(2)  # what is imported and remembered is there
    few, some, many = map(work, sizes)
    assert many - some < 1.05 * (some - few)
