"""Click's completion of the line as it is typed, and the scripts with which a shell asks for it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

import click
from click.shell_completion import CompletionItem, ShellComplete

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.completion.line import SH, Rules, Word, is_nested, split, unquoted_positions
from backprop.cli.completion.powershell import PowerShell, encoded

FILES = ":files"  # the shell is to complete the name of a file
KEPT = "@"  # of all the characters at which bash begins a new word, this one belongs to it


class LineComplete(ShellComplete):
    """Click finds what a word may become. How it is written is ours: click's scripts hand on the words without their
    quotes, and what they offer, a column's name for one, is neither quoted nor, in bash, kept from splitting.

    `breaks` are the characters at which the shell begins a new word, for it replaces no more than that.
    """

    def __init__(self, group: click.Command, shell: str, line: str = "", breaks: str = "") -> None:
        super().__init__(group, {}, "backprop", "")
        self.shell = shell
        self.manner = SHELLS[shell]
        line = self.manner.decoded(line)
        self.words = split(line, self.manner.rules)
        self.word = self.words[-1]
        self.breaks = breaks
        self.may_quote = self.manner.quotes_itself or not is_nested(line, self.manner.rules)

    def source(self) -> str:
        """The script for the shell, which is a file beside this one."""
        from importlib.resources import files  # here, not above: a shell that waits at each key asks for no script

        return files("backprop.cli.completion").joinpath(f"backprop.{self.shell}").read_text(encoding="utf-8")

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words behind `backprop`, and what is typed of the last: of `--format=js`, js."""
        *args, incomplete = [word.text for word in self.words[1:]]
        name, equals, value = incomplete.partition("=")
        return ([*args, name], value) if equals and name.startswith("--") else (args, incomplete)

    def answers(self) -> list[str]:
        """What the last word may become, a line for each. Whatever is wrong with the line, the user is still typing
        it: then there is no answer.
        """
        if len(self.words) < 2:
            return []
        try:
            args, self.incomplete = self.get_completion_args()
            items = self.get_completions(args, self.incomplete)
        except Exception:
            return []
        offered = [item for item in items if item.type != "file" and self.may_be_offered(item.value)]
        lines = list(dict.fromkeys(line for line in map(self.format_completion, offered) if line))
        if len(lines) == 1 and offered[0].goes_on and self.manner.ends_word(self.word):
            lines.append(f"{lines[0]}...")  # it would end the word behind the only candidate, and this one goes on
        return [*([FILES] if any(item.type == "file" for item in items) else []), *lines]

    def may_be_offered(self, text: str) -> bool:
        """Whether a shell can be given the text: nothing that acts on a terminal, and no more than can be quoted."""
        return text.isprintable() and (self.may_quote or self.manner.rules.is_plain(text))

    def format_completion(self, item: CompletionItem) -> str:
        """The line for an item, empty where what is typed is quoted in a way of its own."""
        replaced = len(self.incomplete) if item.replaces is None else item.replaces
        line = self.manner.answer(self.word, item, replaced, self.breaks)
        return line if line.replace("\t", "").isprintable() else ""


def whole_word(word: Word, item: CompletionItem, replaced: int, rules: Rules) -> str:
    """The word with the item at its end, quoted as it is typed; empty where that is in a way of its own."""
    typed = word.text[len(word.text) - replaced :]
    tail = next((form for form in (typed, rules.quoted(typed, word.quote)) if word.raw.endswith(form)), None)
    return "" if tail is None else word.raw[: len(word.raw) - len(tail)] + rules.quoted(item.value, word.quote)


def behind_break(whole: str, word: Word, breaks: str, rules: Rules) -> str:
    """What of the whole word is behind the last break that is typed."""
    ends = [
        position + (word.raw[position] != KEPT)
        for position in unquoted_positions(word.raw, rules)
        if word.raw[position] in breaks
    ]
    return whole[max([0, *ends]) :]


def for_readline(word: Word, item: CompletionItem, replaced: int, breaks: str) -> str:
    """In place of what bash or zsh takes for the word: behind an open quote, or behind the last break."""
    whole = whole_word(word, item, replaced, SH)
    if not whole:
        return ""
    if word.quote:
        return whole[word.opening + 1 :]
    return behind_break(whole if item.goes_on else f"{whole} ", word, breaks, SH)


def for_fish(word: Word, item: CompletionItem, replaced: int, _breaks: str) -> str:
    """The whole word without quotes, a tab, and what it is."""
    text = word.text[: len(word.text) - replaced] + item.value
    return f"{text}\t{item.help}" if item.help else text


def for_powershell(word: Word, item: CompletionItem, replaced: int, breaks: str) -> str:
    """In place of the word behind the last break, its quotes among it; the quote stays open where the word goes on."""
    whole = whole_word(word, item, replaced, POWERSHELL)
    if not whole:
        return ""
    text = behind_break(whole if item.goes_on else whole + word.quote, word, breaks, POWERSHELL)
    return encoded(text, item.value, item.help or item.value)


def is_in_quotes(word: Word) -> bool:
    return word.quote != ""


class Manner(NamedTuple):
    """How a shell is answered: `decoded` gives the line that it asks about. `ends_word`: whether it puts a blank or a
    closing quote behind the only candidate by itself. One that `quotes_itself` is told words without quotes.
    """

    answer: Callable[[Word, CompletionItem, int, str], str]
    ends_word: Callable[[Word], bool]
    rules: Rules = SH
    decoded: Callable[[str], str] = str
    quotes_itself: bool = False


POWERSHELL = PowerShell()
SHELLS = {
    "bash": Manner(for_readline, is_in_quotes),
    "zsh": Manner(for_readline, is_in_quotes),
    "fish": Manner(for_fish, lambda word: True, quotes_itself=True),
    "powershell": Manner(for_powershell, lambda word: False, POWERSHELL, unquote),
}
