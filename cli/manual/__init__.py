"""The man page, made from the commands' own declarations and kept beside them: backprop.1.

    python -m backprop.cli.manual

writes it anew. A test compares the two, and pyproject.toml puts it into the wheel as share/man/man1/backprop.1.
"""
