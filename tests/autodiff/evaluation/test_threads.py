"""Rows shared out among threads: each row once, errors and interrupts passed on, no pool for a few rows."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from backprop.autodiff.evaluation import threads


def stretches(monkeypatch, cores, rows, least):
    monkeypatch.setattr(threads, "usable_cores", lambda: cores)
    found = []
    threads.over_rows(lambda start, stop: found.append((start, stop, threading.current_thread())), rows, least)
    return sorted(found, key=lambda one: one[:2])


@pytest.mark.parametrize("cores", [1, 2, 3, 16])
@pytest.mark.parametrize("rows", [1, 9, 10, 11, 20, 21, 95, 1000])
def test_every_row_is_done_once(monkeypatch, cores, rows):
    found = stretches(monkeypatch, cores, rows, 10)
    assert [start for start, _, _ in found] == [0, *[stop for _, stop, _ in found[:-1]]]
    assert found[-1][1] == rows
    assert len(found) <= max(1, threads.STRETCHES * cores)
    assert all(stop - start >= min(10, rows) for start, stop, _ in found[:-1])


@pytest.mark.parametrize("cores, rows", [(1, 1000), (4, 10)])
def test_few_rows_or_one_core_need_no_other_thread(monkeypatch, cores, rows):
    assert stretches(monkeypatch, cores, rows, 10) == [(0, rows, threading.current_thread())]


def test_many_rows_are_shared_out(monkeypatch):
    monkeypatch.setattr(threads, "usable_cores", lambda: 2)
    both = threading.Barrier(2, timeout=60)  # passed only if two threads are at work at once
    threads.over_rows(lambda start, stop: both.wait(), 40, 10)


def test_no_rows_is_one_empty_stretch(monkeypatch):
    assert [one[:2] for one in stretches(monkeypatch, 4, 0, 10)] == [(0, 0)]


def test_an_error_reaches_the_caller_when_all_threads_are_done(monkeypatch):
    monkeypatch.setattr(threads, "usable_cores", lambda: 2)
    both = threading.Barrier(2, timeout=60)
    running = set()

    def work(start, stop):
        running.add(start)
        if start < 2 * stop - 2 * start:  # the first two stretches
            both.wait()
        if start == 0:
            running.remove(start)
            raise MemoryError("no memory")
        time.sleep(0.2)
        running.remove(start)

    with pytest.raises(MemoryError, match="no memory"):
        threads.over_rows(work, 100, 10)
    assert running == set()
    done = []
    threads.over_rows(lambda start, stop: done.append(stop - start), 100, 10)
    assert sum(done) == 100  # the pool still works


def test_an_error_on_one_core_reaches_the_caller(monkeypatch):
    monkeypatch.setattr(threads, "usable_cores", lambda: 1)
    with pytest.raises(ZeroDivisionError):
        threads.over_rows(lambda start, stop: 1 // start, 100, 10)


def test_threads_that_share_rows_out_at_once_do_not_wait_for_each_other_forever(monkeypatch):
    monkeypatch.setattr(threads, "usable_cores", lambda: 2)

    def share(_):
        done = []
        threads.over_rows(lambda start, stop: done.append(stop - start), 1000, 10)
        return sum(done)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(share, range(40))) == [1000] * 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_makes_a_pool_of_its_own():
    code = """
import os, threading, time
from backprop.autodiff.evaluation import threads
threads.usable_cores = lambda: 2
both = threading.Barrier(2, timeout=60)
threads.over_rows(lambda start, stop: both.wait(), 40, 10)
time.sleep(0.2)  # both threads of the pool are idle, and are waited for by a child that takes them for its own
child = os.fork()
threads.over_rows(lambda start, stop: both.wait(), 40, 10)
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    subprocess.run([sys.executable, "-W", "ignore::DeprecationWarning", "-c", code], check=True, timeout=60)


def test_the_cores_are_those_this_process_may_use():
    assert 1 <= threads.usable_cores() <= (os.cpu_count() or 1)
