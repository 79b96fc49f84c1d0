"""Files that are whole or absent: a new file takes the place of the old one, or is copied into it at the end."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from typing import BinaryIO

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.descriptor import buffered, open_descriptor

PIECE = 1 << 20  # bytes copied at a time
NO_UNNAMED = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)  # where a system has no files without a name
IN_ITS_PLACE = (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES)  # why a file may not be put in another's place
GONE_WHEN_CLOSED = getattr(os, "O_TEMPORARY", 0)  # on Windows, where an open file cannot lose its name
HELD = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")  # while a file has a name that it does not keep


class WritePlan(NamedTuple):
    """How a file is written: `new`, which has no name, takes what is written; `old` is the file that is there already.

    `obstacle` says why the new one cannot take the old one's place.
    """

    target: str
    new: int
    old: int | None
    obstacle: str | None


def obstacle_to(path: str) -> str | None:
    """Why a file has to be written in place, None if it has not. Raises OSError where it cannot be written at all."""
    plan = planned(path)
    os.close(plan.new)
    if plan.old is not None:
        os.close(plan.old)
    return plan.obstacle


@contextlib.contextmanager
def whole_file(plan: WritePlan) -> Iterator[BinaryIO]:
    """What writes the file, which is put in its place behind the block. Raises OSError."""
    try:
        with buffered(plan.new) as stream:
            yield stream
            stream.flush()
            put_in_place(plan)
    finally:
        if plan.old is not None:
            os.close(plan.old)


def planned(path: str) -> WritePlan:
    """Open all that is needed: a file that may not be written to is not replaced either. Raises OSError."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    try:
        old = open_descriptor(target, os.O_WRONLY)
    except FileNotFoundError:
        return WritePlan(target, made_in(folder), None, None)
    try:
        try:
            new = made_in(folder)
        except OSError:
            return WritePlan(target, made_in(temporary_folder()), old, "its folder takes no new files")
        return WritePlan(target, new, old, obstacle_between(old, new))
    except BaseException:
        os.close(old)
        raise


def made_in(folder: str) -> int:
    """A new file in the folder, without a name: a kill leaves nothing of it."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        try:
            return open_descriptor(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
        except OSError as error:
            if error.errno not in NO_UNNAMED or not os.path.isdir(folder):
                raise
    with signals_held():
        name = name_in(folder)
        descriptor = made_by(name, GONE_WHEN_CLOSED)
        if not GONE_WHEN_CLOSED:
            os.unlink(name)
    return descriptor


def made_by(name: str, flags: int = 0) -> int:
    """A new file of that name, which no other has."""
    return open_descriptor(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o666)


def temporary_folder() -> str:
    import tempfile

    return tempfile.gettempdir()


def name_in(folder: str) -> str:
    """A name that no other file has."""
    return os.path.join(folder, f".backprop-{os.urandom(12).hex()}.part")


def obstacle_between(old: int, new: int) -> str | None:
    """Why the new file cannot take the old one's place; else it gets its owner, group, mode and attributes."""
    if os.fstat(old).st_nlink > 1:
        return "it has other names (hard links)"
    if mount_of(old) != mount_of(new) or os.fstat(old).st_dev != os.fstat(new).st_dev:
        return "it is mounted by itself"
    try:
        take_after(old, new)
    except OSError:
        return "a new file cannot have its owner, group or rights"
    return None


def mount_of(descriptor: int) -> str | None:
    """The number of the mount that a file was opened by; None where the system does not say."""
    try:
        with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as stream:
            match = re.search(r"mnt_id:\s*(\d+)", stream.read())
    except OSError:
        return None
    return match[1] if match else None


def take_after(old: int, new: int) -> None:
    """Give the new file what the old one has, access lists among it. Raises OSError where that may not be."""
    model, own = os.fstat(old), os.fstat(new)
    if (model.st_uid, model.st_gid) != (own.st_uid, own.st_gid):
        os.fchown(new, model.st_uid, model.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(new, stat.S_IMODE(model.st_mode))
    if hasattr(os, "listxattr"):
        wanted, had = attributes_of(old), attributes_of(new)
        for name in had.keys() - wanted.keys():
            os.removexattr(new, name)
        for name, value in wanted.items():
            if had.get(name) != value:
                os.setxattr(new, name, value)


def attributes_of(descriptor: int) -> dict[str, bytes]:
    try:
        return {name: os.getxattr(descriptor, name) for name in os.listxattr(descriptor)}
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return {}
        raise


def put_in_place(plan: WritePlan) -> None:
    """Give the finished file its name, or copy it into the one that has it. Raises OSError."""
    if plan.obstacle is None:
        try:
            rename(plan)
            return
        except OSError as error:
            if plan.old is None or error.errno not in IN_ITS_PLACE:
                raise
    assert plan.old is not None
    copy(plan.new, plan.old)


def rename(plan: WritePlan) -> None:
    """Put the file in its place at one stroke, whoever else does the same."""
    if plan.old is None:
        with contextlib.suppress(OSError):  # made since by another program, or it cannot be given a name
            link(plan.new, plan.target)
            return
    with signals_held():  # a file without a name cannot replace another
        part = name_in(os.path.dirname(plan.target))
        try:
            give_name(plan.new, part)
            os.replace(part, plan.target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)


def give_name(descriptor: int, name: str) -> None:
    """Give a file without a name one, or a copy of it where the system cannot."""
    try:
        link(descriptor, name)
    except OSError:
        named = made_by(name)
        try:
            take_after(descriptor, named)
            copy(descriptor, named)
        finally:
            os.close(named)


def link(descriptor: int, path: str) -> None:
    """Give an open file without a name its first one."""
    folder = os.open("/proc/self/fd", os.O_RDONLY)
    try:  # without a folder to start from Python calls link(), which takes the symbolic link for the file
        os.link(str(descriptor), path, src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Hold back what may end the program, for as long as two calls take, where the system can."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {getattr(signal, name) for name in HELD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def copy(new: int, old: int) -> None:
    """Copy a file into another one, which is left as it was if it would not fit."""
    size, before = os.fstat(new).st_size, os.fstat(old).st_size
    if size > before and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(old, before, size - before)
        except OSError as error:
            os.ftruncate(old, before)
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
    os.lseek(new, 0, os.SEEK_SET)
    while data := os.read(new, PIECE):
        view = memoryview(data)
        while view:
            view = view[os.write(old, view) :]
    os.ftruncate(old, size)
