"""Help and version as text: examples first, then usage and options. Knows click's formatter, no command."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import click

EXTRAS = {"polars": "fast", "pyarrow": "fast", "scipy": "solve", "matplotlib": "plot"}


class Helpful(click.Command):
    """A command whose help shows its examples first."""

    def __init__(self, *positional: Any, examples: Sequence[str] = (), **declaration: Any) -> None:
        declaration["add_help_option"] = False  # click's own prints before stdout is looked at
        super().__init__(*positional, **declaration)
        self.examples = examples
        self.params.append(
            click.Option(
                ["-h", "--help"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=show_help,
                help=self.help_on_help(),
            )
        )

    def help_on_help(self) -> str:
        return "Show this and exit."

    def format_help(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        summary, _, rest = inspect.cleandoc(self.help or "").partition("\n\n")
        formatter.write_text(" ".join(summary.split()))
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        formatter.write_paragraph()
        self.format_usage(context, formatter)
        if rest:
            formatter.write_paragraph()
            formatter.write_text(rest)
        self.format_more(context, formatter)
        self.format_options(context, formatter)

    def format_more(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """What a kind of command has to say between its description and its options."""


def show_help(context: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:
    if is_wanted and not context.resilient_parsing:
        show(context.get_help())
        context.exit()


def show_version(context: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:
    if is_wanted and not context.resilient_parsing:
        show(version_text())
        context.exit()


def show(text: str) -> None:
    """Write text to stdout."""
    from backprop.cli.output.destination import destination

    with destination(None) as stream:
        stream.write(f"{text}\n")


def version_text() -> str:
    """The versions of backprop, Python, NumPy and of the extras' packages."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    def version_of(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "not installed"

    lines = [
        f"backprop {version_of('backprop-cli')}",
        f"Python {platform.python_version()}",
        f"NumPy {version_of('numpy')}",
    ]
    lines += [f"{package} {version_of(package)} (extra: {extra})" for package, extra in EXTRAS.items()]
    return "\n".join(lines)
