"""What -o and --rejects may name: descriptors, links, devices, and files of all kinds and rights; slow readers."""

from __future__ import annotations

import fcntl
import math
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backprop.cli.output.destination import byte_destination

from ..conftest import FORKS, SECONDS, end_of, environment
from ..forks import all_of, ended
from ..stillness import wait_until_still

EVAL = ["eval", "x*2", "x=1", "--format", "plain"]
WRITERS = [
    pytest.param([*EVAL], "2\n", id="eval"),
    pytest.param(["grad", "x*2", "x=1"], "2\n", id="grad"),
    pytest.param(["diff", "x^2", "--format", "plain"], "2*x\n", id="diff"),
    pytest.param(["jacobian", "x^2", "x=3", "--format", "plain"], "6\n", id="jacobian"),
    pytest.param(["hessian", "x^2", "x=3", "--format", "json"], None, id="hessian"),
    pytest.param(["explain", "x^2", "x=3"], None, id="explain"),
    pytest.param(["graph", "x^2", "x=3", "--format", "dot"], None, id="graph"),
    pytest.param(["graph", "x^2", "x=3", "--format", "html"], None, id="page"),
    pytest.param(["graph", "x^2", "x=3", "--format", "tree"], None, id="tree"),
    pytest.param(["plot", "x^2", "--x", "0:1", "--format", "text"], None, id="plot"),
    pytest.param(["plot", "x^2", "--x", "0:1", "--format", "csv"], None, id="points"),
    pytest.param(["functions", "--format", "tsv"], None, id="functions"),
    pytest.param(["check", "x^2", "x=3", "--format", "tsv"], None, id="check"),
    pytest.param(["batch", "x^2", "rows.csv"], "x,value,grad_x\n3,9,6\n", id="batch"),
    pytest.param(["batch", "x^2", "rows.csv", "--format", "ndjson"], None, id="batch to ndjson"),
]
NOBODY = 65534


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """An empty folder that other users reach, too: pytest's own they do not."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


@pytest.fixture
def nobody(installed) -> str:
    """The command as it is run by another user than root, who may write to any file."""
    if os.geteuid() != 0:
        return "$installed"
    start = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"
    if subprocess.run([*start.split(), installed, "--version"], capture_output=True).returncode:
        pytest.skip("no other user can run the command")
    return f"{start} $installed"


@pytest.fixture
def rows(tmp_path) -> None:
    (tmp_path / "rows.csv").write_text("x\n3\n")


@pytest.fixture
def shell(tmp_path, installed, stand_in):
    """Run a line of sh in an empty folder; `$backprop` is what a fork answers, `$installed` the command."""

    def run(line: str, *start: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*start, "sh", "-c", line],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "backprop": stand_in, "installed": installed},
            timeout=60,
        )

    return run


is_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")

# Open descriptors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "result"), WRITERS)
def test_results_are_appended_to_what_stdout_appends_to(shell, rows, tmp_path, command, result):
    (tmp_path / "log").write_text("first\n")
    done = shell(f"$backprop {shlex.join(command)} -o /dev/stdout >> log")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    written = (tmp_path / "log").read_text()
    assert written.startswith("first\n") and written != "first\n"
    if result is not None:
        assert written == f"first\n{result}"
    assert os.stat(tmp_path / "log").st_nlink == 1


@pytest.mark.parametrize(
    ("path", "redirection"),
    [
        ("/dev/stdout", ">> log"),
        ("/dev/stderr", "2>> log"),
        ("/dev/fd/1", ">> log"),
        ("/dev/fd/3", "3>> log"),
        ("/proc/self/fd/3", "3>> log"),
        ("/proc/thread-self/fd/3", "3>> log"),
        ("link", ">> log"),
        ("../{}/link", ">> log"),
        ("/proc/$$/fd/3", "3>> log; true"),
    ],
)
def test_every_name_of_a_descriptor(shell, tmp_path, path, redirection):
    (tmp_path / "log").write_text("first\n")
    (tmp_path / "link").symlink_to("/dev/stdout")
    path = path.format(tmp_path.name)
    done = shell(f"exec 3>>log; $backprop {shlex.join(EVAL)} -o {path} {redirection}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "log").read_text() == "first\n2\n"


def test_what_stood_before_and_comes_after_stays(shell, tmp_path):
    shell(f"{{ echo first; $backprop {shlex.join(EVAL)} -o /dev/stdout; echo last; }} > log")
    assert (tmp_path / "log").read_text() == "first\n2\nlast\n"


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_rejects_go_to_a_descriptor(shell, tmp_path, form):
    bad = {"csv": "x\n1\na\n2\n", "ndjson": '{"x": 1}\n{"x": "a"}\n{"x": 2}\n'}[form]
    (tmp_path / f"rows.{form}").write_text(bad)
    (tmp_path / "log").write_text("first\n")
    line = f"$backprop batch x rows.{form} -q --on-error skip --only"
    assert shell(f"{line} -o out.{form} --rejects /dev/stdout >> log").returncode == 3
    assert (tmp_path / "log").read_text().startswith("first\n")
    assert (tmp_path / "log").read_text().count("\t") == 2
    done = shell(f"{line} --rejects /dev/fd/3 3>> log 2>/dev/null")
    assert (tmp_path / "log").read_text().count("\t") == 4
    (tmp_path / "log").write_text("first\n")
    shell(f"{line} --rejects /dev/stdout >> log")
    assert (tmp_path / "log").read_text().startswith(f"first\n{done.stdout}")  # the rejects come behind the results
    assert (tmp_path / "log").read_text().count("\t") == 2


@pytest.mark.parametrize("path", ["/dev/fd/77", "/proc/self/fd/77", "/dev/fd/0"])
def test_a_descriptor_that_nobody_gave(shell, path):
    done = shell(f"$backprop {shlex.join(EVAL)} -o {path} </dev/null; echo $?")
    assert done.stdout == "2\n"
    assert done.stderr.startswith(f"error: -o {path}: ")


def test_rejects_and_results_are_not_one_file(shell, rows, tmp_path):
    (tmp_path / "out.csv").write_text("old")
    os.link(tmp_path / "out.csv", tmp_path / "bad.tsv")
    done = shell("$backprop batch x rows.csv -o out.csv --rejects bad.tsv; echo $?")
    assert done.stdout == "2\n"
    assert shell("$backprop batch x rows.csv --rejects log > log; echo $?").stdout == "2\n"
    os.link(tmp_path / "rows.csv", tmp_path / "again.csv")
    assert shell("$backprop batch x rows.csv --rejects again.csv; echo $?").stdout == "2\n"
    assert (tmp_path / "rows.csv").read_text() == "x\n3\n"


# Files and their rights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "result"), WRITERS)
def test_a_file_that_may_not_be_written_to_is_refused(shell, rows, tmp_path, nobody, command, result):
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o444)
    done = shell(f"{nobody} {shlex.join(command)} -o f")
    assert (done.returncode, done.stderr) == (2, "error: -o f: permission denied\n")
    assert (tmp_path / "f").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["f", "rows.csv"]


def reason_of(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0
    assert done.stderr.startswith("note: -o f: ") and done.stderr.count("\n") == 1
    return done.stderr[len("note: -o f: ") :].partition(", so that")[0]


def test_hard_links_stay(shell, rows, tmp_path):
    (tmp_path / "f").write_text("old and longer than what comes\n" * 100)
    os.link(tmp_path / "f", tmp_path / "g")
    assert reason_of(shell(f"$backprop {shlex.join(EVAL)} -o f")) == "it has other names (hard links)"
    assert (tmp_path / "g").read_text() == "2\n"
    done = shell("$backprop batch 'x^2' rows.csv -o f --format csv")
    assert reason_of(done) == "it has other names (hard links)"
    assert (tmp_path / "g").read_text() == "x,value,grad_x\n3,9,6\n"
    assert shell(f"$backprop {shlex.join(EVAL)} -o f -q").stderr == ""


def test_a_file_is_read_and_written_in_place(shell, rows, tmp_path):
    os.link(tmp_path / "rows.csv", tmp_path / "f")
    assert reason_of(shell("$backprop batch 'x^2' rows.csv -o f --format csv")) == "it has other names (hard links)"
    assert (tmp_path / "rows.csv").read_text() == "x,value,grad_x\n3,9,6\n"


@pytest.mark.parametrize("ending", ["a wrong row", "a full disk"])
def test_nothing_is_lost_of_a_file_in_place(shell, tmp_path, ending):
    (tmp_path / "f").write_text("old")
    os.link(tmp_path / "f", tmp_path / "g")
    (tmp_path / "rows.csv").write_text("x\n" + "1\n" * 20_000 + "a\n")
    if ending == "a wrong row":
        assert shell("$backprop batch x rows.csv -o f --format csv -q --on-error stop; echo $?").stdout == "3\n"
    else:
        done = shell("ulimit -f 4; trap '' XFSZ; $installed batch x rows.csv -o f --format csv -q; echo $?")
        assert done.stdout == "3\n"
    assert (tmp_path / "g").read_text() == "old"


def test_a_copy_that_does_not_fit_leaves_the_file_as_it_was(tmp_path):
    import resource

    from backprop.cli.output.whole_file import copy

    (tmp_path / "new").write_bytes(b"x" * 100_000)
    (tmp_path / "old").write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    new, old = os.open(tmp_path / "new", os.O_RDONLY), os.open(tmp_path / "old", os.O_WRONLY)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
        with pytest.raises(OSError):
            copy(new, old)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
        os.close(new)
        os.close(old)
    assert (tmp_path / "old").read_bytes() == b"old"


@is_root
def test_another_owners_file_keeps_its_owner(shell, tmp_path, nobody):
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o666)
    reason = reason_of(shell(f"{nobody} {shlex.join(EVAL)} -o f"))
    assert reason == "a new file cannot have its owner, group or rights"
    assert (tmp_path / "f").read_text() == "2\n"
    assert (tmp_path / "f").stat().st_uid == 0


@is_root
def test_root_replaces_a_file_with_its_owner_group_and_mode(shell, tmp_path):
    (tmp_path / "f").write_text("old")
    os.chown(tmp_path / "f", 65534, 1234)
    (tmp_path / "f").chmod(0o640)
    done = shell(f"$backprop {shlex.join(EVAL)} -o f")
    assert (done.returncode, done.stderr) == (0, "")
    found = (tmp_path / "f").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (65534, 1234, 0o640)


@is_root
def test_a_file_in_a_folder_that_takes_no_new_ones(shell, tmp_path, nobody):
    (tmp_path / "f").write_text("old")
    os.chown(tmp_path / "f", NOBODY, NOBODY)
    tmp_path.chmod(0o755)
    assert reason_of(shell(f"{nobody} {shlex.join(EVAL)} -o f")) == "its folder takes no new files"
    assert (tmp_path / "f").read_text() == "2\n"
    assert shell(f"{nobody} {shlex.join(EVAL)} -o new").stderr == "error: -o new: permission denied\n"


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no attributes here")
def test_attributes_stay(shell, tmp_path):
    (tmp_path / "f").write_text("old")
    acl = bytes.fromhex("0200000001000600ffffffff02000600d204000004000400ffffffff10000600ffffffff20000400ffffffff")
    try:
        os.setxattr(tmp_path / "f", "user.note", b"kept")
        os.setxattr(tmp_path / "f", "system.posix_acl_access", acl)  # user 1234 may write
    except OSError:
        pytest.skip("this disk has no attributes")
    done = shell(f"$backprop {shlex.join(EVAL)} -o f")
    assert (done.returncode, done.stderr) == (0, "")
    assert os.getxattr(tmp_path / "f", "user.note") == b"kept"
    assert os.getxattr(tmp_path / "f", "system.posix_acl_access") == acl


def test_a_mounted_file_is_written_in_place(shell, tmp_path):
    (tmp_path / "f").write_text("mounted over")
    (tmp_path / "g").write_text("old")
    line = f"mount --bind g f && $installed {shlex.join(EVAL)} -o f"
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    assert reason_of(shell(line, "unshare", "-m")) == "it is mounted by itself"
    assert (tmp_path / "g").read_text() == "2\n"
    assert (tmp_path / "f").read_text() == "mounted over"


FOLDERS = [("folder/", "is a directory"), ("folder", "is a directory"), ("none/", "no such folder")]
NO_PLACES = [
    ("f/", "not a directory"),
    ("f/g", "not a directory"),
    ("none/f", "no such file or directory"),
    ("loop", "too many levels of symbolic links"),
    ("''", "the file's name is empty"),
]


@pytest.mark.parametrize(
    ("option", "path", "reason"),
    [("-o", *case) for case in NO_PLACES] + [("--rejects", *case) for case in FOLDERS + NO_PLACES],
)
def test_what_is_no_place_for_a_file(shell, rows, tmp_path, path, reason, option):
    (tmp_path / "folder").mkdir()
    (tmp_path / "f").write_text("old")
    (tmp_path / "loop").symlink_to("loop")
    done = shell(f"$backprop batch x rows.csv {option} {path} --format csv; echo $?")
    assert done.stdout == "2\n"
    assert done.stderr.startswith("error: ") and (reason in done.stderr or path == "''")
    assert sorted(os.listdir(tmp_path)) == ["f", "folder", "loop", "rows.csv"]


def test_a_link_to_nothing_makes_what_it_links_to(shell, tmp_path):
    (tmp_path / "link").symlink_to("new")
    assert shell(f"$backprop {shlex.join(EVAL)} -o link").returncode == 0
    assert (tmp_path / "new").read_text() == "2\n" and (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    ("name", "beginning"), [("f.ndjson", '{"x"'), ("f.tsv", "x\tvalue"), ("f.csv", "x,value"), ("f", "x,value")]
)
def test_a_named_pipe_has_the_format_of_its_ending(shell, rows, tmp_path, name, beginning):
    os.mkfifo(tmp_path / name)
    done = shell(f"cat {name} & $backprop batch 'x^2' rows.csv -o {name}; wait")
    assert done.stdout.startswith(beginning), done.stderr
    assert stat.S_ISFIFO((tmp_path / name).stat().st_mode)


@pytest.mark.extras
def test_columns_go_through_a_named_pipe(shell, rows, tmp_path):
    polars = pytest.importorskip("polars")
    for name in ("f.parquet", "f.arrow"):
        os.mkfifo(tmp_path / name)
        done = shell(f"cat {name} > copy & $backprop batch 'x^2' rows.csv -o {name}; wait")
        assert done.stderr == ""
        read = polars.read_parquet if name == "f.parquet" else polars.read_ipc_stream
        assert read(tmp_path / "copy")["grad_x"].to_list() == [6]


def test_a_full_device(shell):
    done = shell(f"$backprop {shlex.join(EVAL)} -o /dev/full; echo $?")
    assert (done.stdout, done.stderr) == ("3\n", "error: -o /dev/full: no space left on device\n")


# Names of files that are not whole ----------------------------------------------------------------------------


def test_a_file_by_the_name_of_a_part_is_left_alone(shell, rows, tmp_path):
    names = [f".out.csv.{number}.part" for number in range(1, 4)]
    line = f"for name in {' '.join(names)}; do echo mine > $name; done; echo mine > .out.csv.$$.part; "
    done = shell(f"{line} exec $installed batch 'x^2' rows.csv -o out.csv")
    assert done.returncode == 0
    assert (tmp_path / "out.csv").read_text() == "x,value,grad_x\n3,9,6\n"
    assert len(list(tmp_path.glob(".out.csv.*.part"))) == 4
    assert all(one.read_text() == "mine\n" for one in tmp_path.glob(".out.csv.*.part"))


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("call", ["linkat", "renameat2,rename,renameat"])
def test_a_kill_while_a_new_file_gets_its_name_leaves_nothing_else(shell, tmp_path, call):
    line = f"strace -f -o /dev/null -e inject={call}:signal=KILL $installed {shlex.join(EVAL)} -o new; echo $?"
    shell(line)
    assert {"new"} >= set(os.listdir(tmp_path))
    if os.listdir(tmp_path):
        assert (tmp_path / "new").read_text() == "2\n"


@pytest.mark.parametrize("before", [None, "old"])
def test_a_system_without_unnamed_files(tmp_path, monkeypatch, before):
    monkeypatch.delattr(os, "O_TMPFILE")
    if before is not None:
        (tmp_path / "f").write_text(before)
        (tmp_path / "f").chmod(0o604)
    with byte_destination(str(tmp_path / "f")) as stream:
        stream.write(b"new")
        stream.flush()
        assert os.listdir(tmp_path) == (["f"] if before else [])  # a kill leaves nothing
    assert os.listdir(tmp_path) == ["f"]
    assert (tmp_path / "f").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == (0o604 if before else 0o666 & ~umask())


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new(rows, tmp_path, installed):
    for delay in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
        (tmp_path / "out.csv").write_text("old")
        with subprocess.Popen([installed, "batch", "x^2", "rows.csv", "-o", "out.csv"], cwd=tmp_path) as process:
            time.sleep(delay)
            process.send_signal(signal.SIGTERM)
        assert (tmp_path / "out.csv").read_text() in ("old", "x,value,grad_x\n3,9,6\n")
        assert sorted(os.listdir(tmp_path)) == ["out.csv", "rows.csv"]


# Readers that are slow ----------------------------------------------------------------------------------------

LARGE = [
    ["batch", "x*y", "large.csv"],
    ["batch", "x*y", "large.csv", "--format", "ndjson"],
    ["batch", "x*y", "large.ndjson"],
    ["eval", "sum(x)", "--x", "@array.json", "--json"],
    ["grad", "sum(x^2)", "--x", "@array.json"],
    ["jacobian", "x^2", "--x", "@short.json", "--json"],
]
COLUMNAR = [
    ["batch", "x*y", "large.csv", "--format", "parquet"],
    ["batch", "x*y", "large.csv", "--format", "arrow"],
    ["batch", "x*y", "large.parquet"],
    ["batch", "x*y", "large.parquet", "--format", "ndjson"],
    ["batch", "x*y", "large.parquet", "--format", "parquet"],
]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    numbers = range(30_000)
    (folder / "large.csv").write_text("x,y\n" + "".join(f"{math.sin(one)},{one}\n" for one in numbers))
    (folder / "large.ndjson").write_text("".join(f'{{"x": {one / 7}, "y": {one}}}\n' for one in numbers))
    (folder / "array.json").write_text(str([one / 7 for one in numbers]))
    (folder / "short.json").write_text(str([one / 7 for one in range(300)]))
    return folder


@pytest.fixture(scope="module")
def whole() -> dict[tuple[str, ...], bytes]:
    """What each command writes into a stdout that blocks."""
    return {}


@pytest.mark.extras
@pytest.mark.parametrize("kind", ["pipe", "socket"])
@pytest.mark.parametrize("command", [*LARGE, *COLUMNAR], ids=" ".join)
def test_a_stdout_that_does_not_block(large, whole, command, kind):
    if command in COLUMNAR:
        polars = pytest.importorskip("polars")
        polars.read_csv(large / "large.csv").write_parquet(large / "large.parquet")
    if tuple(command) not in whole:
        whole[tuple(command)] = end_of(command, b"", large).out
    reader, writer = ends(kind)
    os.set_blocking(writer, False)
    hearer, stderr = os.pipe()
    with open(os.devnull) as stdin:
        reply = FORKS.start((stdin.fileno(), writer, stderr), command, large, environment({}))
    os.close(writer)
    os.close(stderr)
    wait_until_still(int(reply.recv(32, socket.MSG_PEEK)))  # it is full
    out, err = all_of(reader, hearer, seconds=SECONDS)
    assert (ended(reply, SECONDS)[0], err) == (0, b"")
    assert len(whole[tuple(command)]) > 1 << 17
    assert out == whole[tuple(command)]


def ends(kind: str) -> tuple[int, int]:
    if kind == "pipe":
        return os.pipe()
    reader, writer = socket.socketpair()
    return reader.detach(), writer.detach()


def test_a_stderr_that_does_not_block(tmp_path, installed):
    (tmp_path / "rows.csv").write_text("x" * 3000 + "\n" + "1\n")
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    os.write(writer, b"." * 4000)  # so that the message does not fit
    with subprocess.Popen([installed, "eval", "sine(x)", "x=1"], stderr=writer) as process:
        os.close(writer)
        wait_until_still(process.pid)
        err = b"".join(iter(lambda: os.read(reader, 100), b""))
    os.close(reader)
    assert process.returncode == 2
    assert err.lstrip(b".").startswith(b"error: unknown function 'sine'\n")
    assert err.endswith(b"did you mean 'sin'?\n")
