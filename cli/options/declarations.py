"""The options that commands share: each decorator hands its command one object. Declares them, decides nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from backprop.cli.completion import completed_by, one_of
from backprop.cli.language.catalogue import LANGUAGES
from backprop.cli.options.help import Helpful
from backprop.cli.output.formats import default_of, endings, words
from backprop.cli.output.output import COLORS, Output
from backprop.cli.question.argv import SCANNED, Arguments, scan
from backprop.parser.similarity import suggestion

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from backprop.cli.budget.question import BudgetQuestion
    from backprop.cli.question.question import Question

Function = Callable[..., Any]
THEME_WORDS = ("light", "dark", "transparent")
DIGITS, COLOR = "Significant digits of tables.", "Colours in tables."


file_option = functools.partial(click.option, metavar="FILE", shell_complete=completed_by("any_file"))


def word_option(name: str, words: Sequence[str], **declaration: Any) -> Function:
    """An option that takes one of some words; a misspelt one gets a suggestion."""

    def chosen(word: str) -> str:
        if word not in words:
            raise click.BadParameter(f"{word!r}: {suggestion(word, words, 'it is one of ' + ', '.join(words))}")
        return word

    declaration.setdefault("metavar", "|".join(words))
    return click.option(name, type=chosen, shell_complete=one_of(words), **declaration)


def language_option(of: str) -> Function:
    """`--lang`: of what it is the language."""
    return word_option("--lang", LANGUAGES, default="en", help=f"{of}  [default: en]")


class ExpressionCommand(Helpful):
    """A command about one expression: long options that it does not know are variables."""

    def parse_args(self, context: click.Context, tokens: list[str]) -> list[str]:
        known = {
            name: not (option.is_flag or option.count)
            for option in self.params
            if isinstance(option, click.Option)
            for name in option.opts
        }
        if context.resilient_parsing and known.get(tokens[-1] if tokens else ""):
            tokens = tokens[:-1]  # whose value is being completed
        arguments = context.meta[SCANNED] = scan(tokens, known)
        if context.resilient_parsing:
            return self.parse_given(context, list(arguments.options))
        return super().parse_args(context, list(arguments.options))

    def parse_given(self, context: click.Context, tokens: list[str]) -> list[str]:
        """Read the options that are there, the others being None: for each, click has fifty calls, at every key."""
        given, rest, order = self.make_parser(context).parse_args(tokens)
        for parameter in dict.fromkeys(order):
            parameter.handle_parse_result(context, given, rest)
        for parameter in self.params:
            if parameter.expose_value:
                context.params.setdefault(str(parameter.name), None)
        context.args = rest
        return rest

    def shell_complete(self, context: click.Context, typed: str) -> list[CompletionItem]:
        from backprop.cli.completion.items import typed_words

        return typed_words(context, typed)

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        return ["EXPRESSION", "[--NAME VALUE | NAME=VALUE]...", "[OPTIONS]"]

    def help_on_help(self) -> str:
        return "Show this and, after an expression, its variables, and exit."

    def format_more(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        from backprop.cli.question.question import variables_line

        line = variables_line(context.meta[SCANNED])
        if line:
            formatter.write(f"\n{line}\n")


def command(name: str, *, examples: Sequence[str], cls: type[Helpful] = ExpressionCommand) -> Function:
    """Declare a command; its function's docstring is the help."""

    def declare(function: Function) -> click.Command:
        return click.command(name, cls=cls, examples=examples)(function)

    return declare


class WholeNumber(click.types.IntParamType):
    """A whole number in ASCII digits: of 1_0 Python's int makes 10, and of the Arabic digit 3 a 3."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from backprop.cli.question.value_numbers import is_plain  # here, not above: completion does without NumPy

        if isinstance(value, str) and not is_plain(value):
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return super().convert(value, param, ctx)


class BoundedNumber(WholeNumber, click.IntRange):
    """The same within bounds."""


def shared(parameter: str, make: Function, *options: Function) -> Function:
    """A decorator that adds `options` and hands the command `make` of their values as `parameter`."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def with_object(**given: Any) -> Any:
            mine = {name: given.pop(name) for name in names}
            return function(**{parameter: make(**mine)}, **given)

        declared: list[click.Parameter] = with_object.__dict__.setdefault("__click_params__", [])
        before = len(declared)
        for option in reversed(options):
            option(with_object)  # adds itself to the declared ones, as click.option does
        names = [option.name for option in declared[before:] if option.expose_value]
        return with_object

    return decorate


def as_question(file: str | None, vars: Sequence[str], fuse: bool, *, needs: str = "values") -> Question:
    """The question in the argv of the command that is being run."""
    from backprop.cli.question.question import Needs, ask

    context = click.get_current_context()
    arguments: Arguments = context.meta[SCANNED]
    written: Sequence[str] = context.params.get("shapes", ())
    shapes = None
    if written:
        from backprop.cli.options.derivatives import read_shape

        shapes = dict(map(read_shape, written))
    question = ask(context.info_name or "", arguments, file, vars, Needs(needs), shapes)
    return question.fused() if fuse else question


def as_derivative_options(**options: Any) -> Any:
    from backprop.cli.options.derivatives import DerivativeOptions

    return DerivativeOptions(**options)


def as_budget_question(
    file: str | None, vars: Sequence[str], fuse: bool, correlation: Sequence[str], covariance: str | None
) -> BudgetQuestion:
    """The question in the argv of a budget."""
    from backprop.cli.budget.question import ask_budget

    arguments: Arguments = click.get_current_context().meta[SCANNED]
    asked = ask_budget(arguments, file, vars, correlations=correlation, covariance=covariance)
    return asked._replace(question=asked.question.fused()) if fuse else asked


def digits_option(summary: str = DIGITS) -> Function:
    return click.option("--digits", type=BoundedNumber(1, 17), default=6, metavar="N", help=f"{summary}  [default: 6]")


def color_option(summary: str = COLOR) -> Function:
    return word_option("--color", COLORS, default="auto", help=f"{summary}  [default: auto]")


def theme_option(summary: str) -> Function:
    """Left to the picture where it is not given: a page is as its reader likes it."""
    return word_option("--theme", THEME_WORDS, help=f"{summary}  [default: light; of html, as the reader likes]")


FILE = file_option("-o", "--output", "path", help="Write to FILE: all of it or nothing.")
QUIET = click.option("-q", "--quiet", is_flag=True, help="No notes and warnings on stderr.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="All warnings, and what was ignored.")


def format_option(command: str) -> Function:
    default = default_of(command)
    if default != default_of(command, is_terminal=True):
        default = f"{default_of(command, is_terminal=True)} on a terminal and {default} elsewhere"
    summary = f"By default what the ending of FILE says ({' '.join(endings(command))}), else {default}."
    return word_option("--format", words(command), help=summary)


def short_option(format: str, summary: str | None = None) -> Function:
    """`--json` for `--format json`."""
    return click.option(f"--{format}", "short", flag_value=format, help=summary or f"The same as --format {format}.")


JSON = short_option("json")


def output_options(
    command: str, *, digits: str | None = DIGITS, color: str = COLOR, short: Function = JSON
) -> Function:
    """The options of a command's `output`; `digits` and `color` say what they are for, `short` is its own --json."""
    return shared(
        "output",
        functools.partial(Output, command),
        format_option(command),
        short,
        FILE,
        *([digits_option(digits)] if digits else []),
        color_option(color),
        QUIET,
        VERBOSE,
    )


EXPLAIN = click.option("--explain", is_flag=True, help="Say in words what the numbers mean.")
BOUNDS = click.option(
    "--bounds",
    multiple=True,
    metavar="NAME=LOWER:UPPER",
    shell_complete=completed_by("variable_and_value"),
    help="Keep a variable or parameter between bounds, of which either may be empty (x=0:).  Repeatable.",
)
FUSE = click.option(
    "--fuse", is_flag=True, help="Compute 1/(1+exp(-x)), log(sigmoid(x)) and their like by one gate that keeps digits."
)
EXPRESSION_FILES = (
    file_option("-f", "--file", help="Read the expression from FILE, or stdin for -."),
    file_option(
        "--vars",
        multiple=True,
        metavar="FILE.json",
        help="Take values from a JSON object, - being stdin; an option for the same variable wins.",
    ),
)
EXPRESSION_SOURCES = (*EXPRESSION_FILES, FUSE)
NOTATION = word_option(
    "--from",
    ("text", "latex"),
    expose_value=False,  # the arguments know it, for help and completion, too
    help="What the expression is written in.  [default: latex where FILE ends in .tex, else text]",
)
LATEX = click.option("--latex", is_flag=True, expose_value=False, help="The expression is LaTeX.")  # with rows --from
QUESTION = (*EXPRESSION_SOURCES, NOTATION)
question_options = shared("question", as_question, *QUESTION)
range_question_options = shared("question", functools.partial(as_question, needs="ranges"), *QUESTION)
open_question_options = shared("question", functools.partial(as_question, needs="nothing"), *QUESTION)

budget_question_options = shared(
    "asked",
    as_budget_question,
    *QUESTION,
    click.option(
        "--correlation",
        multiple=True,
        metavar="NAME,NAME=R",
        shell_complete=completed_by("variable"),
        help="How two inputs are correlated, from -1 to 1; entries of arrays as x[0],x[1]=0.5.  Repeatable.",
    ),
    file_option(
        "--covariance",
        help="Take uncertainties and correlations from a matrix (.json, or .csv below its names), "
        "or all of what fit --json wrote.",
    ),
)


def vectors_option(name: str, parameter: str, summary: str) -> Function:
    """An option that takes a vector, NAME=VALUE for each variable's part."""
    return click.option(
        name,
        parameter,
        multiple=True,
        metavar="NAME=VALUE",
        shell_complete=completed_by("variable_and_value"),
        help=f"{summary}  Repeatable.",
    )


def derivative_options(*options: Function) -> Function:
    """The options of a command that are about its derivatives, as one object."""
    return shared("options", as_derivative_options, *options)


def wrt_option(summary: str) -> Function:
    return click.option("--wrt", multiple=True, metavar="NAME", shell_complete=completed_by("variable"), help=summary)


WRT = wrt_option("Differentiate by NAME; may be repeated.  [default: all]")
STRICT = click.option("--strict", is_flag=True, help="Exit with status 4 where a result is inf or nan.")
trace_options = derivative_options(
    WRT,
    word_option(
        "--mode",
        ("reverse", "forward"),
        default="reverse",
        help="Which pass: every node's gradient, or its tangent along one variable.  [default: reverse]",
    ),
    click.option("--upstream", metavar="VALUE", help="The output's upstream gradient.  [default: ones]"),
    STRICT,
)
matrix_options = derivative_options(
    WRT,
    click.option("--max-size", type=BoundedNumber(1), metavar="N", help="Allow N entries.  [default: 999999]"),
    click.option(
        "--sparse",
        is_flag=True,
        help="List the entries that may differ from 0, of any number of variables; -o FILE.mtx and FILE.npz do, too.",
    ),
    STRICT,
)
