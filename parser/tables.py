"""The grammar's tables: built by Lark, and kept for the next run. Knows no language."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from backprop.autodiff.kept_file import kept
from backprop.parser.shift_reduce import Tables

if TYPE_CHECKING:
    from lark import Lark

START = "statements"
LAYOUT = 3  # of the tables


def grammar_text(room: str = "") -> str:
    """The grammar of the language or, with the name of a room, that of another notation."""
    with open(os.path.join(os.path.dirname(__file__), room, "grammar.lark"), encoding="utf-8") as file:
        return file.read()


def build(text: str) -> Tables:
    """The tables of the grammar, which Lark builds. A rule without a callback has one child that stands for it."""
    from lark import Lark  # here, not above: once they are cached, nobody waits for it
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    lark = Lark(text, start=START, parser="lalr", lexer="basic", maybe_placeholders=False)
    data, memo = lark.memo_serialize([TerminalDef, Rule])  # what its own cache would pickle
    table = data["parser"]["parser"]
    rules = {key: rule for key, rule in memo.items() if rule["__type__"] == "Rule"}
    number = {key: index for index, key in enumerate(rules)}
    state = {key: index for index, key in enumerate(table["states"])}

    def action(is_reduction: int, told: Any) -> int:
        return ~number[told["@"]] if is_reduction else state[told]

    return Tables(
        [
            {str(table["tokens"][token]): action(*entry) for token, entry in actions.items()}
            for actions in table["states"].values()
        ],
        [(str(rule["origin"]["name"]), len(rule["expansion"]), callback_of(rule)) for rule in rules.values()],
        state[table["start_states"][START]],
        state[table["end_states"][START]],
        terminals(lark),
        [str(name) for name in lark.ignore_tokens],
    )


def callback_of(rule: dict[str, Any]) -> str | None:
    """The name after `->`, else the rule's own; none for `?rule` with one child."""
    stands_for_child = rule["options"]["expand1"] and not rule["alias"] and len(rule["expansion"]) == 1
    return None if stands_for_child else str(rule["alias"] or rule["origin"]["name"])


def terminals(lark: Lark) -> list[tuple[str, str, str | None]]:
    from lark.lexer import PatternStr

    patterns = {str(terminal.name): terminal.pattern for terminal in lark.terminals}
    words = {name: str(pattern.value) for name, pattern in patterns.items() if isinstance(pattern, PatternStr)}
    return [(name, str(pattern.to_regexp()), words.get(name)) for name, pattern in patterns.items()]


@functools.cache
def tables(room: str = "") -> Tables:
    text = grammar_text(room)
    name = f"{room}-grammar" if room else "grammar"
    return Tables(*kept(name, (LAYOUT, text), lambda: tuple(build(text))))
