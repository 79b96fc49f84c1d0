"""`backprop completion`."""

from __future__ import annotations

import click

from backprop.cli.completion import one_of
from backprop.cli.options.help import Helpful
from backprop.cli.output.destination import destination
from backprop.cli.status import Failure, Status
from backprop.parser.similarity import suggestion

EXAMPLES = (
    'eval "$(backprop completion bash)"',
    'eval "$(backprop completion zsh)"',
    "backprop completion fish > backprop.fish",
    "backprop completion powershell | Out-String | Invoke-Expression",
)
SHELLS = ("bash", "zsh", "fish", "powershell")


class CompletionCommand(Helpful):
    """A command that takes a shell. It is declared without the options that others share, and so without NumPy."""

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        return ["|".join(SHELLS)]


@click.command("completion", cls=CompletionCommand, examples=EXAMPLES)
@click.argument("shell", metavar="|".join(SHELLS), shell_complete=one_of(SHELLS))
@click.option("--line", hidden=True, help="What is typed, up to the cursor: answer with what may follow.")
@click.option("--breaks", hidden=True, default="", help="Where the shell begins a new word.")
def completion(shell: str, line: str | None, breaks: str) -> Status:
    """Print the script by which a shell completes backprop's words.

    Then the Tab key completes commands, options and their words, after the expression its variables, function
    names inside it, and for batch the columns of its file.

    bash: put the first example into ~/.bashrc. zsh: put the second into ~/.zshrc, after compinit. fish: run the
    third in the folder ~/.config/fish/completions. PowerShell: put the fourth into the file that $PROFILE names.
    """
    if shell not in SHELLS:
        cure = suggestion(shell, SHELLS, f"it is one of {', '.join(SHELLS)}")
        raise Failure(f"no completion for the shell {shell!r}", cure)
    from backprop.cli.completion.shell import LineComplete

    group = click.get_current_context().find_root().command
    with destination(None) as stream:
        if line is None:
            stream.write(LineComplete(group, shell).source())
        else:
            stream.writelines(f"{answer}\n" for answer in LineComplete(group, shell, line, breaks).answers())
    return Status.DONE
