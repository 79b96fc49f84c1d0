"""Click's completion of the line as it is typed, and the scripts with which a shell asks for it."""

from __future__ import annotations

from importlib.resources import files

import click
from click.shell_completion import CompletionItem, ShellComplete

from backprop.cli.completion.line import Word, is_nested, is_plain, quoted, split, unquoted_positions

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
        self.words = split(line)
        self.word = self.words[-1]
        self.breaks = breaks
        self.may_quote = shell == "fish" or not is_nested(line)  # fish quotes by itself

    def source(self) -> str:
        """The script for the shell, which is a file beside this one."""
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
        if len(lines) == 1 and offered[0].goes_on and (self.word.quote or self.shell == "fish"):
            lines.append(f"{lines[0]}...")  # a shell ends the word behind the only candidate, and this one goes on
        return [*([FILES] if any(item.type == "file" for item in items) else []), *lines]

    def may_be_offered(self, text: str) -> bool:
        """Whether a shell can be given the text: nothing that acts on a terminal, and no more than can be quoted."""
        return text.isprintable() and (self.may_quote or is_plain(text))

    def format_completion(self, item: CompletionItem) -> str:
        """The line for an item, empty where what is typed is quoted in a way of its own."""
        replaced = len(self.incomplete) if item.replaces is None else item.replaces
        if self.shell == "fish":
            return for_fish(self.word, item, replaced)
        line = for_readline(self.word, item, replaced, self.breaks)
        return line if line.isprintable() else ""


def for_readline(word: Word, item: CompletionItem, replaced: int, breaks: str) -> str:
    """In place of what bash or zsh takes for the word: behind an open quote, or behind the last break."""
    typed = word.text[len(word.text) - replaced :]
    tail = next((form for form in (typed, quoted(typed, word.quote)) if word.raw.endswith(form)), None)
    if tail is None:
        return ""
    ending = "" if item.goes_on or word.quote else " "
    whole = word.raw[: len(word.raw) - len(tail)] + quoted(item.value, word.quote) + ending
    if word.quote:
        return whole[word.opening + 1 :]
    ends = [
        position + (word.raw[position] != KEPT)
        for position in unquoted_positions(word.raw)
        if word.raw[position] in breaks
    ]
    return whole[max([0, *ends]) :]


def for_fish(word: Word, item: CompletionItem, replaced: int) -> str:
    """The whole word without quotes, a tab, and what it is."""
    text = word.text[: len(word.text) - replaced] + item.value
    line = f"{text}\t{item.help}" if item.help else text
    return line if line.replace("\t", "").isprintable() else ""
