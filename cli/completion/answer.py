"""The answer to a shell that asks for completions: a line for each, in the form in which its script takes them."""

from __future__ import annotations

from backprop.cli.completion.candidates import Candidate, Candidates, candidates
from backprop.cli.completion.line import Word, is_nested, is_plain, quoted, split, unquoted_places

FILES = ":files"  # the shell is to complete the name of a file
KEPT = "@"  # of all the characters at which bash begins a new word, this one belongs to it


def answer(shell: str, line: str, breaks: str = "") -> list[str]:
    """What the last word of `line`, which ends at the cursor, may become.

    `breaks` are the characters at which the shell begins a new word, for it replaces no more than that. Whatever
    is wrong with the line, the user is still typing it: then there is no answer.
    """
    words = split(line)
    try:
        found = candidates([word.text for word in words[1:]]) if len(words) > 1 else Candidates([])
    except Exception:
        return []
    word = words[-1]
    write = for_fish if shell == "fish" else for_readline
    may_quote = shell == "fish" or not is_nested(line)  # fish quotes by itself
    offered = [one for one in found.found if may_be_offered(one.text, may_quote=may_quote)]
    written = [write(word, one, breaks) for one in offered]
    lines = list(dict.fromkeys(one for one in written if one is not None and one.replace("\t", "").isprintable()))
    if len(lines) == 1 and not offered[0].is_whole and (word.quote or shell == "fish"):
        lines.append(f"{lines[0]}...")  # a shell ends the word behind the only candidate, and this one goes on
    return [*([FILES] if found.takes_file else []), *lines]


def may_be_offered(text: str, *, may_quote: bool) -> bool:
    """Whether a shell can be given the text: nothing that acts on a terminal, and no more than can be quoted."""
    return text.isprintable() and (may_quote or is_plain(text))


def for_readline(word: Word, one: Candidate, breaks: str) -> str | None:
    """In place of what bash or zsh takes for the word: behind an open quote, or behind the last break."""
    typed = word.text[len(word.text) - one.replaces :]
    tail = next((form for form in (typed, quoted(typed, word.quote)) if word.raw.endswith(form)), None)
    if tail is None:
        return None
    kept = word.raw[: len(word.raw) - len(tail)]
    ending = " " if one.is_whole and not word.quote else ""
    whole = kept + quoted(one.text, word.quote) + ending
    if word.quote:
        return whole[word.opening + 1 :]
    ends = [place + (word.raw[place] != KEPT) for place in unquoted_places(word.raw) if word.raw[place] in breaks]
    return whole[max([0, *ends]) :]


def for_fish(word: Word, one: Candidate, breaks: str) -> str | None:
    """The whole word without quotes, a tab, and what it is."""
    text = word.text[: len(word.text) - one.replaces] + one.text
    return f"{text}\t{one.summary}" if one.summary else text
