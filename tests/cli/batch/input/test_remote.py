"""Files behind URLs: from memory, from an archive, and over HTTP from this machine."""

from __future__ import annotations

import functools
import gzip
import http.server
import io
import math
import re
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest

from backprop.cli.output.formats import read_format
from backprop.cli.question.urls import is_url, path_in

from ...conftest import environment

IN_MEMORY = """
import sys, fsspec
for name in {names}:
    fsspec.filesystem("memory").pipe(f"/{{name}}", open(name, "rb").read())
from backprop.cli.main import main
main()
"""
WITHOUT = "import sys; sys.modules['fsspec'] = None; from backprop.cli.main import main; main()"
ROWS = "x,y\n2,3\n4,5\n"
ANSWERS = "x,y,value\n2,3,6\n4,5,20\n"


@pytest.mark.parametrize(
    "word, path, form",
    [
        ("s3://bucket/rows.csv", "bucket/rows.csv", "csv"),
        ("https://host/a/rows.tsv.gz?key=a.csv#top", "host/a/rows.tsv.gz", "tsv"),
        ("zip://in/a.ndjson::s3://bucket/b.zip", "in/a.ndjson", "ndjson"),
        ("simplecache::s3://bucket/rows.parquet", "bucket/rows.parquet", "parquet"),
        ("HTTPS://host", "host", None),
    ],
)
def test_the_path_in_a_url_says_the_format(word, path, form):
    assert is_url(word)
    assert (path_in(word), read_format(word)) == (path, form)


@pytest.mark.parametrize(
    "word", ["rows.csv", "c:\\rows.csv", "c://rows.csv", "a/b.csv", "x//y", "http:rows.csv", "-", ""]
)
def test_what_is_no_url_is_a_path(word):
    assert not is_url(word)
    assert path_in(word) == word


@pytest.fixture
def in_memory(tmp_path):
    """Run the command where memory:// has the files."""
    pytest.importorskip("fsspec")

    def run(files: dict[str, str | bytes], *tokens: str) -> subprocess.CompletedProcess[str]:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        program = [sys.executable, "-c", IN_MEMORY.format(names=list(files)), *tokens]
        return subprocess.run(
            program, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment({}), cwd=tmp_path
        )

    return run


def zipped(name: str, text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, text)
    return file.getvalue()


@pytest.mark.extras
@pytest.mark.parametrize(
    "name, content, url",
    [
        ("rows.csv", ROWS, "memory://rows.csv"),
        ("rows.csv.gz", gzip.compress(ROWS.encode()), "memory://rows.csv.gz"),
        ("rows.zip", zipped("rows.csv", ROWS), "memory://rows.zip"),
        ("rows.zip", zipped("rows.csv", ROWS), "zip://rows.csv::memory://rows.zip"),
        ("rows.json", '[{"x": 2, "y": 3},\n{"x": 4, "y": 5}]', "memory://rows.json"),
    ],
    ids=["csv", "gzip", "zip", "chain", "json"],
)
def test_every_format_is_read_as_from_a_file(in_memory, name, content, url):
    done = in_memory({name: content}, "batch", "x*y", url, "--no-grad", "--format", "csv")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", ANSWERS)


@pytest.mark.extras
@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow"])
def test_tables_of_contents_are_read_where_they_are(in_memory, backprop, tmp_path, name):
    pytest.importorskip("pyarrow")
    assert backprop("batch", "x*y", "-o", name, "--no-grad", stdin=ROWS).status == 0
    columns = (tmp_path / name).read_bytes()
    done = in_memory({name: columns}, "batch", "value+0", f"memory://{name}", "--only", "--no-grad")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "value\n6\n20\n")


@pytest.mark.extras
def test_many_rows_and_several_files(in_memory):
    many = "x,y\n" + "".join(f"{number},2\n" for number in range(300_000))
    done = in_memory({"a.csv": many, "b.csv": ROWS}, "batch", "x*y", "memory://*.csv", "--no-grad", "--only")
    values = [int(line) for line in done.stdout.splitlines()[1:]]
    assert (done.returncode, done.stderr) == (0, "")
    assert values == [*range(0, 600_000, 2), 6, 20]


@pytest.mark.extras
def test_an_output_folder_has_the_names_behind_the_urls(in_memory, tmp_path):
    done = in_memory({"a.csv": ROWS}, "batch", "x*y", "memory://a.csv", "--no-grad", "-o", "out/")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "a.csv").read_text() == ANSWERS


@pytest.mark.extras
@pytest.mark.parametrize(
    "url, reason",
    [
        ("memory://none.csv", "no such file"),
        ("memory://*.tsv", "no file matches"),
        ("nowhere://rows.csv", "protocol not known: nowhere"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line(in_memory, url, reason):
    done = in_memory({}, "batch", "x*y", url)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {url}: {reason}\n")


def test_without_the_library_it_is_named(tmp_path):
    program = [sys.executable, "-c", WITHOUT, "batch", "x*y", "https://host/rows.csv"]
    done = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: https://host/rows.csv: a URL is read by fsspec, which is not installed\n  pip install 'fsspec[http]'\n",
    )


# Over HTTP ----------------------------------------------------------------------------------------------------


class Pages(http.server.SimpleHTTPRequestHandler):
    """Parts of files, as servers give them; below /whole/ only whole ones; below /cut/ half of what is promised."""

    def do_GET(self) -> None:
        kind, _, name = self.path.partition("?")[0].strip("/").rpartition("/")
        try:
            with open(f"{self.directory}/{name}", "rb") as stream:
                content = stream.read()
        except FileNotFoundError:
            self.send_error(404)
            return
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if kind == "" else None
        if part is None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
        else:
            first, last = int(part[1]), min(int(part[2] or len(content)), len(content) - 1)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
            content = content[first : last + 1]
            self.send_header("Content-Length", str(len(content)))
        if kind == "":
            self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[: len(content) // 2] if kind == "cut" else content)

    do_HEAD = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def host(tmp_path):
    pytest.importorskip("aiohttp")
    pages = functools.partial(Pages, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.extras
@pytest.mark.parametrize("place", ["", "/whole"])
def test_over_http(backprop, host, tmp_path, place):
    (tmp_path / "rows.csv").write_text(ROWS)
    done = backprop("batch", "x*y", f"{host}{place}/rows.csv?y=1", "--no-grad")
    assert (done.status, done.err, done.out) == (0, "", ANSWERS)


@pytest.mark.extras
@pytest.mark.parametrize("place", ["", "/whole"])
def test_columns_over_http(backprop, host, place):
    pytest.importorskip("pyarrow")
    assert backprop("batch", "x*y", "-o", "rows.parquet", "--no-grad", stdin=ROWS).status == 0
    done = backprop("batch", "value+0", f"{host}{place}/rows.parquet", "--only", "--no-grad")
    assert (done.status, done.err, done.out) == (0, "", "value\n6\n20\n")


@pytest.mark.extras
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_large_file_of_a_server_that_sends_no_parts(backprop, host, tmp_path, form):
    """It says so only when it is asked for one: more than is asked for at once shows it."""
    pytest.importorskip("pyarrow")
    numbers = np.random.default_rng(1).random(1_000_000).tolist()
    (tmp_path / "rows.csv").write_text("x\n" + "".join([f"{number!r}\n" for number in numbers]))
    assert backprop("batch", "x", "rows.csv", "--no-grad", "--only", "-o", f"large.{form}").status == 0
    assert (tmp_path / f"large.{form}").stat().st_size > 6_000_000
    done = backprop("batch", "value", f"{host}/whole/large.{form}", "--total")
    assert (done.status, done.err, done.out) == (0, "", f"value,rows\n{math.fsum(numbers)!r},1000000\n")


@pytest.mark.extras
def test_a_file_that_ends_early_is_told(backprop, host, tmp_path):
    (tmp_path / "rows.csv").write_text("x,y\n" + "2,3\n" * 100_000)
    done = backprop("batch", "x*y", f"{host}/cut/rows.csv", "--no-grad", "--only")
    assert done.status == (3 if done.lines else 2)  # as much as has come before the error is seen is answered
    assert set(done.lines) <= {"value", "6"} and len(done.lines) <= 50_001
    assert "response payload is not completed" in done.err and "Traceback" not in done.err


@pytest.mark.extras
def test_a_page_that_is_not_there_and_a_host_that_does_not_answer(backprop, host):
    done = backprop("batch", "x*y", f"{host}/rows.csv")
    assert (done.status, done.err) == (2, f"error: {host}/rows.csv: 404 Not Found\n")
    done = backprop("batch", "x*y", "http://127.0.0.1:1/rows.csv")
    assert done.status == 2
    assert done.err.startswith("error: http://127.0.0.1:1/rows.csv: cannot connect to host 127.0.0.1:1")
    assert done.err.count("\n") == 1
