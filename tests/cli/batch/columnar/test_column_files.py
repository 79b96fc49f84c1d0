"""Several files of Parquet and Arrow in one run: folders with partitions, columns that differ, types that differ."""

from __future__ import annotations

import os

import pytest

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytestmark = pytest.mark.extras


def written(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.table(columns), path)


def rows(path):
    return parquet.ParquetFile(path).read().to_pydict()


@pytest.fixture
def lake(tmp_path):
    written(tmp_path / "lake/year=2024/kind=a/part-0.parquet", x=[1.0, 2.0], s=["p", "q"])
    written(tmp_path / "lake/year=2023/kind=b%20c/part-0.parquet", x=[3.0], s=["r"])
    written(tmp_path / "lake/year=2023/kind=__HIVE_DEFAULT_PARTITION__/part-1.parquet", s=["t"], x=[None])
    (tmp_path / "lake/_SUCCESS").touch()
    (tmp_path / "lake/.part-0.parquet.crc").touch()


@pytest.mark.usefixtures("lake")
def test_partitions_are_columns_of_their_types(backprop, tmp_path):
    answer = backprop("batch", "x*year", "lake", "-o", "o.parquet", "--no-grad", "--source-column", "file")
    assert answer.status == 3
    assert answer.err == "lake/year=2023/kind=__HIVE_DEFAULT_PARTITION__/part-1.parquet, row 1: x is missing\n"
    assert rows(tmp_path / "o.parquet") == {
        "x": [None, 3.0, 1.0, 2.0],
        "s": ["t", "r", "p", "q"],
        "year": [2023, 2023, 2024, 2024],
        "kind": [None, "b c", "a", "a"],
        "file": [
            "lake/year=2023/kind=__HIVE_DEFAULT_PARTITION__/part-1.parquet",
            "lake/year=2023/kind=b%20c/part-0.parquet",
            *["lake/year=2024/kind=a/part-0.parquet"] * 2,
        ],
        "value": [None, 6069.0, 2024.0, 4048.0],
    }


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize("ending", ["csv", "tsv", "ndjson", "arrow"])
def test_every_output_has_the_same_rows(backprop, tmp_path, ending):
    assert backprop("batch", "x*year", "lake", "-o", f"o.{ending}").status == 3
    again = backprop("batch", "value + year", f"o.{ending}", "--no-grad", "--name", "w", "--format", "csv", "--only")
    assert again.lines == ["w", '""', "8092", "4048", "6072"]


def test_columns_by_their_names(backprop, tmp_path):
    written(tmp_path / "a.parquet", x=[1.0], y=[2.0], s=["p"])
    written(tmp_path / "b.parquet", y=[3.0], t=[True], x=[4.0])
    answer = backprop("batch", "x*y", "a.parquet", "b.parquet", "-o", "o.parquet", "--no-grad")
    assert answer.err.splitlines() == [
        "note: b.parquet: not in the first file, and not written: t",
        "note: b.parquet: in the first file, and empty here: s",
    ]
    assert rows(tmp_path / "o.parquet") == {"x": [1.0, 4.0], "y": [2.0, 3.0], "s": ["p", None], "value": [2.0, 12.0]}


def test_types_that_differ(backprop, tmp_path):
    written(tmp_path / "whole.parquet", x=pyarrow.array([1], pyarrow.int32()))
    written(tmp_path / "real.parquet", x=[2.5])
    written(tmp_path / "lists.parquet", x=[[1.0, 2.0]])
    written(tmp_path / "none.parquet", x=[None])
    written(tmp_path / "large.parquet", x=[2**53 + 1])
    for order in (["real", "whole"], ["whole", "real"], ["none", "whole", "real"]):
        answer = backprop("batch", "x", *(f"{name}.parquet" for name in order), "--no-grad", "--only", "-q")
        cells = {"real": "2.5", "whole": "1", "none": '""'}
        assert answer.lines == ["value", *(cells[name] for name in order)]
    rounded = backprop("batch", "x", "whole.parquet", "real.parquet", "large.parquet", "-o", "o.csv")
    assert (rounded.status, os.path.exists(tmp_path / "o.csv")) == (3, False)
    assert "large.parquet: the column x holds int64, which cannot be double, as in the other files" in rounded.err
    lists = backprop("batch", "x", "real.parquet", "lists.parquet")
    assert (lists.status, lists.out) == (2, "")
    assert "lists.parquet" in lists.err


def test_a_file_that_lacks_a_column_or_is_none(backprop, tmp_path):
    written(tmp_path / "a.parquet", x=[1.0], y=[2.0])
    written(tmp_path / "b.parquet", y=[3.0])
    (tmp_path / "c.parquet").write_bytes(b"PAR1 no")
    lacking = backprop("batch", "x*y", "a.parquet", "b.parquet")
    assert (lacking.status, lacking.out) == (2, "")
    assert lacking.err.startswith("error: b.parquet: no column x\n")
    damaged = backprop("batch", "x*y", "a.parquet", "c.parquet")
    assert (damaged.status, damaged.out, "c.parquet: it is damaged" in damaged.err) == (2, "", True)


def test_text_to_columns_from_files_that_differ(backprop, tmp_path):
    (tmp_path / "a.csv").write_text("x,s\n1,p\n")
    (tmp_path / "b.csv").write_text("s;x\nq;2,5\nr;z\n")
    answer = backprop("batch", "x", "a.csv", "b.csv", "-o", "o.parquet", "--no-grad", "--source-column", "f")
    assert answer.status == 3
    assert rows(tmp_path / "o.parquet") == {
        "x": [1.0, 2.5, None],
        "s": ["p", "q", "r"],
        "f": ["a.csv", "b.csv", "b.csv"],
        "value": [1.0, 2.5, None],
    }
