"""Several files in one run: named, by a pattern, in folders; each in its dialect, all in the columns of the first."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import subprocess
import sys

import pytest

COMMAND = os.path.join(os.path.dirname(sys.executable), "backprop")


TWO = {"a.csv": "x,y\n1,2\n3,z\n", "b.csv": "x,y\n5,6\n"}


def test_rows_of_several_files_are_one_table(batch):
    answer = batch(TWO, "x*y", "b.csv", "a.csv")
    assert answer.out == "x,y,value,grad_x,grad_y\n5,6,30,6,5\n1,2,2,2,1\n3,z,,,\n"
    assert (answer.status, answer.err) == (3, "a.csv:3: y is 'z', which is not a number\n")


@pytest.mark.parametrize(
    "words, order",
    [
        (["*.csv"], "ab"),
        (["b.csv", "*.csv"], "ba"),
        (["[ab].csv"], "ab"),
        (["."], "ab"),
        (["sub/.."], "ab"),
        (["b.csv", "./a.csv", "a.csv"], "ba"),
        (["**/?.csv"], "ab"),
    ],
)
def test_patterns_and_folders_in_the_order_of_their_names(batch, words, order):
    answer = batch(
        {**TWO, "sub/.hidden.csv": "q\n", "sub/_x.csv": "q\n", "notes.md": "q"}, "x", *words, "--only", "--no-grad"
    )
    values = {"a": ["1", "3"], "b": ["5"]}
    assert answer.lines == ["value", *itertools.chain(*[values[name] for name in order])]
    assert (answer.status, "read once" in answer.err) == (
        0,
        words in (["b.csv", "*.csv"], ["b.csv", "./a.csv", "a.csv"]),
    )


def test_a_file_may_have_the_name_of_a_pattern(batch):
    assert batch({"a[1].csv": "x\n7\n", "a1.csv": "x\n8\n"}, "x", "a[1].csv", "--only", "--no-grad").lines[1:] == ["7"]


DIFFERING = {
    "a.csv": "x,y,name\n1.5,2,'q'\n",
    "b.csv": "name;y;x\nr;1,5;2\ns;2;2;9\nt;3;3\n",
    "c.tsv": "# made by hand\ny\tx\tz\n4\t3\t0\n",
    "d.csv": b"\xff\xfe" + 'x,y,name\n1,1,"a,b"\n'.encode("utf-16-le"),
}


def test_each_file_has_its_dialect_and_its_columns(batch):
    answer = batch(DIFFERING, "x*y", *DIFFERING, "--no-grad")
    assert answer.out == "x,y,name,value\n1.5,2,'q',3\n2,1.5,r,3\n2,2,s,9,\n3,3,t,9\n3,4,,12\n1,1,\"a,b\",1\n"
    assert answer.err.splitlines() == [
        "note: b.csv: separated by ';', decimal comma; --separator and --decimal override",
        "note: c.tsv: lines of '#' are comments, the header is line 2; --comment and --header override",
        "note: c.tsv: not in the first file, and not written: z",
        "note: c.tsv: in the first file, and empty here: name",
        "note: d.csv: it is UTF-16 text, and written as UTF-8; --encoding overrides",
        "b.csv:3: it has 4 cells, the header 3",
    ]
    assert answer.status == 3


def test_what_is_true_of_all_files_is_said_once(batch):
    files = {f"{k}.csv": f"x;y\n{k};2\n" for k in range(5)}
    assert batch(files, "x*y", "*.csv").err == "note: separated by ';'; --separator overrides\n"
    others = {"a.csv": "x,y\n1,2\n"}
    err = batch(others, "x*y", "*.csv").err
    assert err == "note: 0.csv, 1.csv, 2.csv and 2 more: separated by ';'; --separator overrides\n"


FORMS = [("ndjson", '{"x": %d, "s": "q"}\n'), ("csv", "x,s\n%d,q\n"), ("tsv", "x\ts\n%d\tq\n")]


@pytest.mark.parametrize("form, text", FORMS)
@pytest.mark.parametrize("output", ["csv", "tsv", "ndjson"])
def test_every_format_to_every_format_with_the_source(batch, tmp_path, form, text, output):
    files = {f"{name}.{form}": text % number for name, number in (("a", 2), ("b", 3))}
    answer = batch(files, "x^2", *files, "-o", f"o.{output}", "--source-column", "from", "--no-grad")
    assert (answer.status, answer.err) == (0, "")
    lines = (tmp_path / f"o.{output}").read_text().splitlines()
    if output == "ndjson":
        assert [json.loads(line) for line in lines] == [
            {"x": 2, "s": "q", "from": f"a.{form}", "value": 4},
            {"x": 3, "s": "q", "from": f"b.{form}", "value": 9},
        ]
    else:
        cells = [line.split("," if output == "csv" else "\t") for line in lines]
        assert cells == [["x", "s", "from", "value"], ["2", "q", f"a.{form}", "4"], ["3", "q", f"b.{form}", "9"]]


def test_the_names_of_folders_are_columns(batch):
    files = {
        "t/year=2024/month=2/p.csv": "x\n1\n",
        "t/year=2023/month=11/p.csv": "x\n2\n",
        "t/year=2023/month=12/p.csv": "x\nz\n",
    }
    answer = batch(files, "x*year", "t", "--no-grad")
    assert answer.out == "x,year,month,value\n2,2023,11,4046\nz,2023,12,\n1,2024,2,2024\n"
    assert answer.err == "t/year=2023/month=12/p.csv:2: x is 'z', which is not a number\n"
    given = batch({}, "x*year", "t/year=2024/month=2/p.csv", "--year", "3", "--only", "--no-grad")
    assert given.lines == ["value", "3"]  # a file that is named itself has no such columns


def test_a_file_that_reads_as_a_value_is_a_file(batch):
    answer = batch({"year=2024/p.csv": "x\n5\n"}, "x", "year=2024/p.csv", "--no-grad")
    assert (answer.status, answer.out) == (0, "x,value\n5,5\n")


def test_a_member_of_a_row_goes_before_the_folder(batch):
    files = {"t/k=3/a.ndjson": '{"x": 2}\n{"x": 2, "k": 5}\n[1]\n'}
    answer = batch(files, "x*k", "t", "--no-grad")
    assert answer.out == '{"x": 2, "k": 3, "value": 6}\n{"x": 2, "k": 5, "value": 10}\n[1]\n'


def test_bad_rows_keep_the_source_in_its_place(batch):
    files = {"a.csv": 'x,y\n1\n2,"q\nr"\n3,4,5\n', "b.csv": "x,y\n"}
    answer = batch(files, "x", "a.csv", "b.csv", "--source-column", "f", "--no-grad", "--rejects", "bad.tsv")
    assert answer.out == 'x,y,f,value\n1,,a.csv,\n2,"q\nr",a.csv,2\n3,4,5,a.csv,\n'


def test_rejects_name_the_file(batch, tmp_path):
    batch(TWO, "x*y", "a.csv", "b.csv", "--rejects", "bad.tsv")
    assert (tmp_path / "bad.tsv").read_text() == "a.csv:3\ty is 'z', which is not a number\t3,z\n"


def test_what_is_seen_in_a_row_is_named_by_its_file(batch):
    files = {"a.csv": "x\n1\n", "b.csv": "x\n2\n0\n0\n"}
    answer = batch(files, "1/x", "a.csv", "b.csv", "--no-grad")
    assert answer.err.startswith("warning: value is inf in 2 rows (first in b.csv:3)\n")


def test_a_stop_ends_all_files(batch, tmp_path):
    answer = batch(TWO, "x*y", "a.csv", "b.csv", "--on-error", "stop", "--no-grad")
    assert (answer.status, answer.out) == (3, "x,y,value\n1,2,2\n")
    batch(TWO, "x*y", "a.csv", "b.csv", "--on-error", "stop", "-o", "o.csv")
    assert not (tmp_path / "o.csv").exists()


def test_a_file_that_is_cut_off_does_not_end_the_others(batch):
    packed = gzip.compress(b"x\n" + b"".join(b"%d\n" % (k * k * k) for k in range(30_000)))
    answer = batch({"a.csv.gz": packed[:-5000], "b.csv": "x\n5\n"}, "x", "a.csv.gz", "b.csv", "--only", "--no-grad")
    assert answer.status == 3
    assert answer.lines[-1] == "5"
    assert answer.err.startswith("a.csv.gz, after line ")


WRONG = [
    ({}, ["x", "no*.csv"], "no*.csv: no file matches", "ls"),
    ({"t/a.md": ""}, ["x", "t"], "t: there is no table in this folder", ".csv"),
    ({"t/.x": ""}, ["x", "t/"], "t/: there is no table in this folder", ".csv"),
    (TWO, ["x", "a.csv", "missing.csv"], "missing.csv: no such file or directory", ""),
    (TWO, ["x*q", "a.csv", "b.csv"], "a.csv: no column q", "--q 1"),
    ({**TWO, "c.csv": "y\n1\n"}, ["x", "a.csv", "b.csv", "c.csv"], "c.csv: no column x", "the columns are y"),
    ({**TWO, "c.csv": ""}, ["x", "a.csv", "c.csv"], "c.csv: it is empty", ""),
    ({**TWO, "c.csv": "x[0],x[1]\n1,2\n"}, ["x", "a.csv", "c.csv"], "c.csv: x has shape", "in the first file"),
    ({**TWO, "c.ndjson": "{}\n"}, ["x", "a.csv", "c.ndjson"], "a.csv is csv, and c.ndjson is ndjson", "--from csv"),
    ({"a.ndjson": '{"x": 1}\n', "b.ndjson": '{"y": 1}\n'}, ["x", "a.ndjson", "b.ndjson"], "b.ndjson: no column x", ""),
    (TWO, ["x", "a.csv", "b.csv", "-o", "b.csv"], "-o b.csv is among the files to read", "a name of its own"),
    (TWO, ["x", "a.csv", "b.csv", "--rejects", "b.csv"], "the input and --rejects are the same file", ""),
    (TWO, ["x", "a.csv", "b.csv", "--source-column", "y"], "a.csv: it has a column y already", "another name"),
    (TWO, ["x", "a.csv", "b.csv", "--source-column", ""], "--source-column needs a name", ""),
    (TWO, ["x", "a.csv", "--source-column", "f", "--only"], "--source-column and --only contradict", "omit one"),
    (TWO, ["x", "+", "y", "a.csv"], "unexpected argument '+'", "an expression and files of rows"),
    ({"t/k=red/a.csv": "x\n1\n"}, ["x*k", "t"], "t/k=red/a.csv: k is 'red', which is not a number", "omit the file"),
    (
        {**TWO, "c.csv": "x;y\n1,234;2\n"},
        ["x*y", "a.csv", "c.csv"],
        "c.csv: '1,234' may have a decimal comma",
        "--decimal",
    ),
]


@pytest.mark.parametrize("files, tokens, reason, cure", WRONG)
def test_what_is_wrong_is_said_before_a_row_is_read(batch, files, tokens, reason, cure):
    answer = batch(files, *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.splitlines()[-2 if cure else -1 :][0].startswith("error: ") or "error: " in answer.err
    assert reason in answer.err
    assert cure in answer.err


def test_rows_that_bring_their_expressions(batch):
    files = {"a.csv": "e,x\nx^2,3\n", "b.csv": "e,x\nx+1,4\n", "c.csv": "x,e\n4,x\n"}
    answer = batch(files, "--expr-field", "e", "a.csv", "b.csv", "--no-grad")
    assert (answer.status, answer.out) == (0, "e,x,value\nx^2,3,9\nx+1,4,5\n")
    refused = batch(files, "--expr-field", "e", "a.csv", "c.csv")
    assert (refused.status, "c.csv: its columns are not those of the first file" in refused.err) == (2, True)
    lines = batch(
        {"a.txt": "x^2\tx=3\n", "b.txt": "x\tx=4\n"}, "--from", "lines", "a.txt", "b.txt", "--only", "--no-grad"
    )
    assert lines.lines == ["9", "4"]


def test_many_files_large_ones_among_them_come_in_order(tmp_path):
    numbers = iter(range(10_000_000))
    sizes = [3, 200_000, 0, 5000, 150_000, 1]
    for place, size in enumerate(sizes):
        rows = "".join(f"{number}\n" for number in itertools.islice(numbers, size))
        (tmp_path / f"{place}.csv").write_text("x\n" + rows)
    for options in ([], ["--source-column", "f"]):
        program = [COMMAND, "batch", "x", "*.csv", "--no-grad", *options]
        done = subprocess.run(program, capture_output=True, cwd=tmp_path, check=True, text=True)
        lines = done.stdout.splitlines()[1:]
        assert [line.split(",")[-1] for line in lines] == [str(number) for number in range(sum(sizes))]
        if options:
            names = [f"{place}.csv" for place, size in enumerate(sizes) for _ in range(size)]
            assert [line.split(",")[1] for line in lines] == names


def test_thousands_of_files_need_no_more_open_files_than_one(tmp_path):
    for number in range(2000):
        (tmp_path / f"{number:04}.csv").write_text(f"x\n{number}\n")
    program = f"ulimit -n 64; {COMMAND} batch x . --only --no-grad"
    done = subprocess.run(["bash", "-c", program], capture_output=True, cwd=tmp_path, check=True, text=True)
    assert done.stdout.splitlines()[1:] == [str(number) for number in range(2000)]


def tree(folder):
    """The files in a folder, but for the manifest, which partitions/ looks at."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "_backprop.json"]
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_folder_takes_a_file_for_each(batch, tmp_path, is_there):
    files = {"t/a.csv": "x\n1\n", "t/k=2/a.csv": "x;s\n1,5;q\n", "t/b.csv.gz": gzip.compress(b"x,s\n3,z\n")}
    if is_there:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "other").write_text("kept")
    answer = batch(files, "x^2", "t", "-o", "out" if is_there else "out/", "--no-grad")
    assert (answer.status, answer.out) == (0, "")
    assert answer.err.splitlines() == [
        "note: t/b.csv.gz, t/k=2/a.csv: the columns are not those of t/a.csv: column 2 is s",
        "note: t/k=2/a.csv: separated by ';', decimal comma; --separator and --decimal override",
    ]
    assert tree(tmp_path / "out") == {
        "a.csv": "x,value\n1,1\n",
        "b.csv": "x,s,value\n3,z,9\n",
        "k=2/a.csv": "x;s;k;value\n1,5;q;2;2,25\n",
        **({"other": "kept"} if is_there else {}),
    }


def test_the_endings_in_a_folder_are_those_of_the_format(batch, tmp_path):
    files = {"a.tab": "x\n1\n", "b.txt": "x\n2\n", "c": "x\n3\n"}
    assert batch(files, "x", "a.tab", "-o", "o1/", "--no-grad").status == 0
    assert batch(files, "x", "b.txt", "c", "-o", "o2/", "--no-grad", "--format", "ndjson").status == 0
    assert (tree(tmp_path / "o1"), tree(tmp_path / "o2")) == (
        {"a.tab": "x\tvalue\n1\t1\n"},
        {"b.ndjson": '{"x": 2, "value": 2}\n', "c.ndjson": '{"x": 3, "value": 3}\n'},
    )


def test_each_file_in_a_folder_is_whole_or_absent(batch, tmp_path):
    files = {"a.csv": "x\n1\n", "b.csv": "x\n2\nz\n", "c.csv": "x\n3\n"}
    answer = batch(files, "x", "*.csv", "-o", "out/", "--no-grad", "--on-error", "stop")
    assert (answer.status, answer.err) == (3, "b.csv:3: x is 'z', which is not a number\n")
    assert tree(tmp_path / "out") == {"a.csv": "x,value\n1,1\n"}
    again = batch(files, "x", "*.csv", "-o", "out/", "--no-grad")
    assert (again.status, sorted(tree(tmp_path / "out"))) == (3, ["a.csv", "b.csv", "c.csv"])


WRONG_FOLDERS = [
    (TWO, ["x", "a.csv", "b.csv", "-o", "."], "./a.csv is among the files to read", "another folder"),
    ({**TWO, "t/a.csv": "x\n1\n"}, ["x", "a.csv", "t/a.csv", "-o", "out/"], "would both be out/a.csv", "holds both"),
    (
        {**TWO, "a.tsv": "x\n1\n"},
        ["x", "a.csv", "a.tsv", "-o", "out/"],
        "a.csv is csv, and a.tsv is tsv",
        "once for each",
    ),
    (TWO, ["x", "-o", "out/"], "the rows come from stdin", "-o out/out.csv"),
    (TWO, ["x*q", "a.csv", "-o", "out/"], "a.csv: no column q", ""),
    ({**TWO, "c.csv": "y\n1\n"}, ["x", "a.csv", "c.csv", "-o", "out/"], "c.csv: no column x", ""),
    (TWO, ["x", "a.csv", "b.csv", "-o", "a.csv/"], "-o a.csv/ is among the files to read", ""),
]


@pytest.mark.parametrize("files, tokens, reason, cure", WRONG_FOLDERS)
def test_what_is_wrong_with_a_folder_makes_none(batch, tmp_path, files, tokens, reason, cure):
    answer = batch(files, *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err
    assert cure in answer.err
    assert not (tmp_path / "out").exists()


def test_large_files_each_into_its_own(tmp_path):
    for name, start in (("a", 0), ("b", 300_000), ("c", 600_000)):
        (tmp_path / f"{name}.csv").write_text("x\n" + "".join(f"{k}\n" for k in range(start, start + 300_000)))
    subprocess.run([COMMAND, "batch", "x", ".", "-o", "out/", "--no-grad"], cwd=tmp_path, check=True)
    for name, start in (("a", 0), ("b", 300_000), ("c", 600_000)):
        rows = "".join(f"{k},{k}\n" for k in range(start, start + 300_000))
        assert (tmp_path / "out" / f"{name}.csv").read_text() == f"x,value\n{rows}"
