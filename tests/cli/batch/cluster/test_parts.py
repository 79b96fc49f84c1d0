"""A large file as several tasks: the same bytes as by one process, whatever the format and whatever is wrong."""

from __future__ import annotations

import json
import os

import pytest

from .test_tasks import by_tasks as by_tasks

ROWS, GROUP = 1000, 90


@pytest.fixture
def parts(by_tasks, tmp_path, monkeypatch):
    """Run the command by tasks, and by one process; the endings of both, and whether their bytes are equal.

    A block has 64 rows, and none begins with a row group but the first.
    """
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    from backprop.cli.batch.columnar import input, output
    from backprop.cli.batch.columnar import parts as cutting

    monkeypatch.setattr(cutting, "BLOCK_ROWS", 64)
    monkeypatch.setattr(input, "BLOCK_ROWS", 64)
    monkeypatch.setattr(output, "GROUP_ROWS", 128)
    columns = {
        "x": [None if row in (3, 500) else row / 8 for row in range(ROWS)],
        "v": [None if row < 400 else [row, 2.0] for row in range(ROWS)],
        "text": [str(row % 7) for row in range(ROWS)],
    }
    (tmp_path / "t" / "k=2").mkdir(parents=True)

    def run(*tokens, groups=GROUP, is_coded=False, cut_at=None):
        path = tmp_path / "t" / "k=2" / "a.parquet"
        table = pyarrow.table(columns)
        if is_coded:
            table = table.append_column("coded", table["text"].dictionary_encode())
        parquet.write_table(table, path, row_group_size=groups)
        if cut_at is not None:
            damage(path, parquet.ParquetFile(path).metadata.row_group(cut_at).column(0))
        alone = by_tasks(*tokens, "t", "-o", "alone/", alone=True)
        together = by_tasks(*tokens, "t", "-o", "out/", "--rows-per-task", "200")
        made = [entries(tmp_path / name) for name in ("alone", "out")]
        assert made[0] == made[1]
        assert together[:2] == (alone[0], alone[1].replace("alone/", "out/"))
        return alone, len(together[2].tasks)

    return run


def entries(folder):
    """All that is in it."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {**found, "_backprop.json": json.loads(found["_backprop.json"])["files"]}


def damage(path, column):
    """Destroy the head of a column's first page."""
    with open(path, "r+b") as file:
        file.seek(column.data_page_offset if not column.dictionary_page_offset else column.dictionary_page_offset)
        file.write(b"\xff" * 16)


@pytest.mark.extras
@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson", "arrow"])
@pytest.mark.parametrize("policy", ["null", "skip"])
def test_no_byte_is_another(parts, form, policy):
    alone, tasks = parts("batch", "x*k", "--format", form, "--on-error", policy)
    assert (alone[0], alone[1].count("x is missing"), tasks) == (3, 2, 4)


@pytest.mark.extras
def test_lists_have_the_shape_that_the_file_begins_with(parts):
    alone, tasks = parts("batch", "sum(v)*x", "--format", "parquet", "--only")
    assert (alone[0], tasks) == (3, 4)


@pytest.mark.extras
@pytest.mark.parametrize("groups, tasks", [(GROUP, 1), (128, 4)])
def test_a_dictionary_of_its_own_ends_with_a_row_group(parts, groups, tasks):
    for form in ("parquet", "arrow"):
        assert parts("batch", "x", "--format", form, groups=groups, is_coded=True)[1] == tasks


@pytest.mark.extras
def test_a_bad_row_ends_a_run_and_damage_a_file_where_they_are(parts, tmp_path):
    alone, _ = parts("batch", "x", "--on-error", "stop")
    assert alone[1].count("x is missing") == 1 and entries(tmp_path / "out") == {"_backprop.json": {}}
    alone, _ = parts("batch", "x", "--no-grad", cut_at=5)
    assert alone[0] == 3 and "it is damaged" in alone[1]


@pytest.mark.extras
def test_what_is_there_is_looked_at_once(parts, by_tasks, tmp_path):
    parts("batch", "x", "--no-grad")
    tokens = ["batch", "x", "--no-grad", "t", "-o", "out/", "--rows-per-task", "200", "--resume"]
    made = tmp_path / "out" / "k=2" / "a.csv"
    before = made.read_bytes(), os.stat(made).st_ino
    status, _, _ = by_tasks(*tokens)
    assert (status, os.stat(made).st_ino) == (3, before[1])
    made.write_bytes(before[0].replace(b"1", b"2"))  # as large as it was
    by_tasks(*tokens)
    assert made.read_bytes() == before[0]


@pytest.mark.extras
def test_a_lost_part_is_a_lost_file(by_tasks, parts, tmp_path):
    parts("batch", "x", "--no-grad")
    status, err, _ = by_tasks("batch", "x", "t", "-o", "lost/", "--rows-per-task", "200", lost_with="a.parquet")
    assert (status, "its worker is lost: KilledWorker" in err) == (3, True)


def test_what_goes_with_rows_per_task(backprop, tmp_path):
    for ending, tokens, reason in (
        ("parquet", [], "--rows-per-task goes with --scheduler"),
        ("csv", ["--scheduler", "local"], "--rows-per-task goes with parquet, not with csv"),
        ("parquet", ["--scheduler", "local", "--total"], "--rows-per-task and --total contradict each other"),
    ):
        (tmp_path / f"a.{ending}").write_text("x\n1\n")
        answer = backprop("batch", "x", f"a.{ending}", "-o", "out/", "--rows-per-task", "5", *tokens)
        assert (answer.status, reason in answer.err) == (2, True)
