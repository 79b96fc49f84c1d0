"""A folder of results, a file for each file of rows: processes, retries, what an earlier run has left, and the ends."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import threading

import pytest

from ...conftest import COMMAND
from ..test_files import tree

ROWS = {
    "t/a.csv": "x,y\n1,2\n3,z\n",
    "t/b.csv": "y;x\n1,5;4\n",
    "t/k=1/c.csv.gz": gzip.compress(b"x,y\n5,6\n"),
    "t/k=2/c.csv": "x,y\n0,7\n",
}


def manifest(folder):
    return json.loads((folder / "_backprop.json").read_text())


@pytest.mark.smoke
@pytest.mark.parametrize("options", [(), ("--only",), ("--format", "ndjson"), ("--total",), ("--on-error", "skip")])
def test_processes_change_no_byte(batch, tmp_path, options):
    one = batch(ROWS, "log(x*y)", "t", "-o", "one/", *options)
    two = batch({}, "log(x*y)", "t", "-o", "two/", "--jobs", "2", *options)
    assert (one.status, two.status) == (3, 3)
    assert sorted(one.err.splitlines()) == sorted(two.err.splitlines())
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert manifest(tmp_path / "one") == manifest(tmp_path / "two")
    for place, text in tree(tmp_path / "two").items():
        if "=" not in place:
            assert batch({}, "log(x*y)", f"t/{place[0]}.csv", *options).out == text


def test_bad_rows_of_all_processes_are_kept_once(batch, tmp_path):
    answer = batch(ROWS, "x*y", "t", "-o", "out/", "--jobs", "3", "--retries", "1", "--rejects", "bad.tsv")
    assert answer.status == 3
    assert (tmp_path / "bad.tsv").read_text() == "t/a.csv:3\ty is 'z', which is not a number\t3,z\n"


@pytest.mark.parametrize("options", [(), ("--jobs", "3")])
def test_a_failed_file_is_named_and_does_not_stop_the_others(batch, tmp_path, options):
    (tmp_path / "out" / "b.csv").mkdir(parents=True)  # which no file can replace
    files = {f"{name}.csv": f"x\n{number}\n" for number, name in enumerate("abc")}
    answer = batch(files, "x", *files, "-o", "out", "--no-grad", "--retries", "2", *options)
    assert answer.status == 3
    assert answer.err.splitlines() == [
        *["note: b.csv: -o out/b.csv: is a directory; it is tried again, behind the others"] * 2,
        "error: b.csv: -o out/b.csv: is a directory",
        "  name a file in it: -o out/b.csv/results.csv",
        "  out/b.csv is of an earlier run",
        "note: -o out: 3 files: 2 written, 1 failed; 2 rows",
        "note: the same command with --resume makes what is missing",
    ]
    assert tree(tmp_path / "out") == {"a.csv": "x,value\n0,0\n", "c.csv": "x,value\n2,2\n"}
    assert list(manifest(tmp_path / "out")["files"]) == ["a.csv", "c.csv"]


def test_only_the_last_attempt_is_told(batch, tmp_path):
    os.mkfifo(tmp_path / "b.csv")
    rows = b"x\nz\n" + b"".join(b"%d\n" % (k * k) for k in range(9000))

    def mend():
        with open(tmp_path / "b.csv", "w") as pipe:  # when it is the turn of b.csv
            (tmp_path / "a.csv.gz").write_bytes(gzip.compress(rows))
            pipe.write("x\n1\nw\n")

    mender = threading.Thread(target=mend, daemon=True)
    mender.start()
    files = {"a.csv.gz": gzip.compress(rows)[:-999]}
    answer = batch(files, "x", "a.csv.gz", "b.csv", "-o", "out/", "--retries", "1", "--rejects", "bad")
    mender.join()
    assert answer.status == 3
    first, *others = answer.err.splitlines()
    assert first.startswith("note: a.csv.gz, after line ")
    assert first.endswith(": it is truncated: the gzip data ends in the middle; it is tried again, behind the others")
    assert others == ["b.csv:3: x is 'w', which is not a number", "a.csv.gz:2: x is 'z', which is not a number"]
    assert (tmp_path / "bad").read_text().splitlines() == [
        "b.csv:3\tx is 'w', which is not a number\tw",
        "a.csv.gz:2\tx is 'z', which is not a number\tz",
    ]


def test_what_is_there_and_whole_is_left(batch, tmp_path):
    batch(ROWS, "x*y", "t", "-o", "out/", "-q")
    times = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in tree(tmp_path / "out")}
    expected = tree(tmp_path / "out")
    (tmp_path / "out" / "b.csv").unlink()
    (tmp_path / "out" / "k=1" / "c.csv").write_text("x,y,k\n")
    content = (tmp_path / "out" / "k=2" / "c.csv").read_bytes()
    (tmp_path / "out" / "k=2" / "c.csv").write_bytes(content.replace(b"7", b"8"))  # as large as it was
    answer = batch({}, "x*y", "t", "-o", "out/", "--resume", "--jobs", "2")
    assert tree(tmp_path / "out") == expected
    assert (tmp_path / "out" / "a.csv").stat().st_mtime_ns == times["a.csv"]
    assert answer.status == 3  # of a bad row in what was there
    assert answer.err.splitlines()[-1] == "note: -o out/: 4 files: 1 there already, 3 written; 5 rows, 1 bad"
    batch({"t/a.csv": "x,y\n1,2\n3,4\n"}, "x*y", "t", "-o", "out/", "--resume")
    assert tree(tmp_path / "out")["a.csv"].endswith("3,4,12,4,3\n")


@pytest.mark.parametrize("strict, status", [([], 0), (["--strict"], 4)])
def test_what_is_there_counts_in_the_status(batch, strict, status):
    files = {"a.csv": "x\n0\n", "b.csv": "x\n1\n"}
    batch(files, "1/x", "a.csv", "b.csv", "-o", "out/")
    assert batch({}, "1/x", "a.csv", "b.csv", "-o", "out/", "--resume", *strict).status == status


QUESTIONS = [
    (["x+y", "t"], "the expression was x*y, and is x+y now"),
    (["x*y", "t", "--wrt", "x"], "--wrt was not given, and is x now"),
    (["x*y", "t", "--y", "3"], "--y was not given, and is 3.0 now"),
    (["x*y", "t", "--no-grad"], "--no-grad was not given, and is given now"),
]


@pytest.mark.parametrize("tokens, difference", QUESTIONS)
def test_what_was_made_otherwise_is_not_gone_on_with(batch, tmp_path, tokens, difference):
    batch(ROWS, "x*y", "t", "-o", "out/", "-q")
    before = tree(tmp_path / "out")
    answer = batch({}, *tokens, "-o", "out/", "--resume")
    assert (answer.status, tree(tmp_path / "out")) == (2, before)
    assert answer.err.splitlines() == [
        f"error: --resume: what is in out/ was made otherwise: {difference}",
        "  omit --resume, and everything is made anew, or give -o another folder",
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 2}', '{"schema": 1, "asked": {}, "files": {"a": 3}}'])
def test_a_manifest_that_is_none(batch, text):
    answer = batch({**ROWS, "out/_backprop.json": text}, "x*y", "t", "-o", "out/", "--resume")
    assert (answer.status, "_backprop.json cannot be used" in answer.err) == (2, True)
    assert batch({}, "x*y", "t", "-o", "out/", "-q").status == 3


def test_the_results_are_not_read_again(batch, tmp_path):
    batch({"a.csv": "x\n1\n", "s/b.csv": "x\n2\n"}, "x", ".", "-o", "out/", "--resume")
    answer = batch({}, "x", ".", "-o", "out/", "--resume")
    assert sorted(tree(tmp_path / "out")) == ["a.csv", "s/b.csv"]
    assert answer.err == "note: -o out/: what is in it is not read\nnote: -o out/: 2 files: 2 there already; 2 rows\n"
    again = batch({}, "x", "**/*.csv", "-o", "out/")
    assert (again.status, "what is in it is not read" in again.err) == (0, True)
    refused = batch({}, "x", "out/s/..", "-o", "out/")
    assert "is among the files to read" in refused.err


def test_other_tables_in_the_folder_are_named(batch, tmp_path):
    files = {"a.csv": "x\n1\n", **{f"out/{k}.csv": "x\n" for k in range(5)}, "out/notes": "", "out/_x.csv": ""}
    answer = batch(files, "x", "a.csv", "-o", "out/")
    assert answer.err == "note: -o out/: other tables are in it, and stay: 0.csv, 1.csv, 2.csv and 2 more\n"
    assert batch({"b.csv": "x\n1\n"}, "x", "b.csv", "-o", "out/", "--resume", "-q").err == ""
    assert sorted(manifest(tmp_path / "out")["files"]) == ["a.csv", "b.csv"]


REFUSED = [
    (["x", "a.csv", "--jobs", "2"], "--jobs goes with a folder"),
    (["x", "a.csv", "-o", "o.csv", "--resume"], "--resume goes with a folder"),
    (["x", "a.csv", "--retries", "1", "-o", "-"], "--retries goes with a folder"),
    (["x", "a.csv", "-o", "out/", "--jobs", "0"], "'--jobs': 0 is not in the range"),
    (["x", "a.csv", "-o", "out/", "--resume", "--rejects", "bad"], "--resume and --rejects contradict each other"),
]


@pytest.mark.parametrize("tokens, reason", REFUSED)
def test_options_where_they_mean_nothing(batch, tmp_path, tokens, reason):
    answer = batch({"a.csv": "x\n1\n"}, *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err
    assert not (tmp_path / "out").exists()


def test_a_bad_row_stops_all_processes(batch, tmp_path):
    files = {f"{k}.csv": "x\n1\nz\n" for k in range(4)}
    answer = batch(files, "x", *files, "-o", "out/", "--on-error", "stop", "--jobs", "2")
    assert answer.status == 3
    assert answer.err.splitlines()[0][1:] == ".csv:3: x is 'z', which is not a number"
    assert tree(tmp_path / "out") == {}


def test_where_no_file_can_be_made(batch):
    assert batch({"a.csv": "x\n1\n", "out": ""}, "x", "a.csv", "-o", "out/", "--jobs", "2").status == 2


@pytest.mark.parametrize("ending, status", [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_the_results_of_a_run_that_was_ended_are_gone_on_with(batch, tmp_path, ending, status):
    os.mkfifo(tmp_path / "m.csv")
    files = {f"{name}.csv": f"x\n{number}\n" for number, name in enumerate("abz")}
    batch(files, "x", "a.csv", "-o", "out/", "-q")
    (tmp_path / "out" / "a.csv").unlink()
    names = ["a.csv", "m.csv", "z.csv"]
    tokens = [COMMAND, "batch", "x", *names, "-o", "out/", "--jobs", "2", "--no-grad"]
    process = subprocess.Popen(tokens, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
    with open(
        tmp_path / "m.csv", "wb", buffering=0
    ) as pipe:  # it waits until somebody reads, and then somebody waits for rows
        while sorted(tree(tmp_path / "out")) != ["a.csv", "z.csv"]:
            assert process.poll() is None
        os.kill(process.pid, ending)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, b"Traceback" in err) == (status, False)
        with pytest.raises(BrokenPipeError):  # nobody is left who reads
            pipe.write(b"x\n")
    assert {*os.listdir(tmp_path / "out")} == {"a.csv", "z.csv", "_backprop.json"}
    (tmp_path / "m.csv").unlink()
    answer = batch({"m.csv": "x\n5\n"}, "x", *names, "-o", "out/", "--no-grad", "--resume")
    assert (answer.status, tree(tmp_path / "out")["m.csv"]) == (0, "x,value\n5,5\n")
    if ending == signal.SIGINT:
        known = re.match(rb"note: -o out/: 3 files: (\d) written, (\d) not made; ", err)
        assert answer.err == f"note: -o out/: 3 files: {int(known[1])} there already, {int(known[2])} written; 3 rows\n"
