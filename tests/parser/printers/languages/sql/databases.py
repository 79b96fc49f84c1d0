"""Databases that run statements on tables: SQLite and DuckDB in memory, PostgreSQL as a cluster of the test's own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
Rows = Sequence[Sequence[Any]]
Question = tuple[str, Sequence[str], Rows]  # a statement about the table t, its columns, its rows


@contextmanager
def connection_to(dialect: str) -> Iterator[Any]:
    """What answers questions in that dialect; the test is skipped where there is nothing."""
    if dialect == "sqlite":
        if sqlite3.sqlite_version_info < (3, 35):
            pytest.skip("this SQLite has no mathematical functions")
        yield sqlite3.connect(":memory:")
    elif dialect == "duckdb":
        yield pytest.importorskip("duckdb", reason="duckdb is not installed").connect()
    else:
        with cluster() as socket:
            yield socket


@contextmanager
def cluster() -> Iterator[str]:
    """The folder of the socket of a PostgreSQL that runs while it is used, as a user who is not root."""
    prefix = []
    if PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed")
    if os.geteuid() == 0:
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL does not run as root, and there is no runuser")
        prefix = ["runuser", "-u", "postgres", "--"]
    folder = tempfile.mkdtemp(prefix="pg", dir="/tmp")  # a socket's path has a hundred characters at most

    def call(program: str, *arguments: str) -> None:
        subprocess.run([*prefix, str(PROGRAMS / program), *arguments], cwd="/", check=True, stdout=subprocess.DEVNULL)

    try:
        if prefix:
            shutil.chown(folder, "postgres")
        call(
            "initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync", "--no-locale", "-E", "UTF8"
        )
        settings = f"-k {folder} -c listen_addresses='' -c fsync=off -c autovacuum=off"
        call("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", settings, "start")
        try:
            yield folder
        finally:
            call("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def answers(connection: Any, questions: Sequence[Question], kind: str = "double precision") -> list[list[tuple]]:
    """Of each statement what it selects behind the table's columns, row by row in their order."""
    if isinstance(connection, str):
        return answers_of_postgres(connection, questions, kind)
    found = []
    for statement, names, rows in questions:
        columns = ", ".join([f'"{name}" {kind}' for name in names])
        connection.execute("drop table if exists t")
        connection.execute(f"create table t (place integer, {columns})")
        marks = ", ".join("?" * (len(names) + 1))
        connection.executemany(f"insert into t values ({marks})", [(place, *row) for place, row in enumerate(rows)])
        selected = sorted(connection.execute(statement).fetchall())
        assert [row[0] for row in selected] == list(range(len(rows)))
        found.append([row[len(names) + 1 :] for row in selected])
    return found


def answers_of_postgres(socket: str, questions: Sequence[Question], kind: str) -> list[list[tuple]]:
    """All in one session."""
    lines = []
    for statement, names, rows in questions:
        columns = ", ".join([f'"{name}" {kind}' for name in names])
        lines += ["drop table if exists t;", f"create table t (place integer, {columns});"]
        values = [
            ", ".join([str(place), *["NULL" if one is None else f"'{one!r}'" for one in row]])
            for place, row in enumerate(rows)
        ]
        lines += [f"insert into t values {', '.join([f'({row})' for row in values])};", statement, "\\echo end"]
    ended = subprocess.run(
        [str(PROGRAMS / "psql"), "-h", socket, "-U", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1"],
        input="\n".join(["SET client_min_messages = error;", *lines]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0 and not ended.stderr, ended.stderr
    found = []
    for block, (_, names, rows) in zip(ended.stdout.split("end\n"), questions, strict=False):
        selected = sorted([line.split("|") for line in block.splitlines()], key=lambda row: int(row[0]))
        assert len(selected) == len(rows)
        found.append([tuple([float(one) if one else None for one in row[len(names) + 1 :]]) for row in selected])
    return found
