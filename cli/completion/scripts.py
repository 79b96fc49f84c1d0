"""The scripts that teach a shell to complete. The scripts are files beside this one."""

from __future__ import annotations

from importlib.resources import files


def script(shell: str) -> str:
    """The script for a shell."""
    return files("backprop.cli.completion").joinpath(f"backprop.{shell}").read_text(encoding="utf-8")
