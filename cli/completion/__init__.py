"""Completion for shells: what a word of a command line may become, and the scripts that ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def completed_by(name: str) -> Completer:
    """What click calls for an option's value: the function of that `name` in items.py."""

    def complete(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
        from backprop.cli.completion import items  # here, not above: nobody but a shell that completes asks for it

        completer: Completer = getattr(items, name)
        return completer(context, parameter, typed)

    return complete


def one_of(words: Iterable[str]) -> Completer:
    """The same for an option that takes one of some words."""

    def complete(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
        from backprop.cli.completion.items import beginning

        return beginning(typed, words)

    return complete
