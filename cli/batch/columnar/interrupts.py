"""Ctrl-C in a program that has polars in it."""

from __future__ import annotations

import os
import signal
import threading
import time

from backprop.cli.status import Status

GRACE = 0.5  # seconds for the main thread to end the run by itself


def pass_on_interrupts() -> None:
    """Let Ctrl-C interrupt the main thread, whatever polars does. Called in it, before polars is imported.

    While polars works it takes SIGINT for itself, and several threads that do so at once may leave it taken for good.
    So SIGINT is held back in all threads, and one more waits for it and tells the main thread by another signal. Where
    polars does not come back from what it does, as when it waits for rows to write, that thread ends the program: what
    is unfinished has no name yet.
    """
    if not hasattr(signal, "pthread_sigmask"):
        return
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # threads that are started later inherit it
    signal.signal(signal.SIGUSR2, signal.default_int_handler)

    def listen() -> None:
        signal.sigwait({signal.SIGINT})
        signal.pthread_kill(main, signal.SIGUSR2)
        time.sleep(GRACE)
        os._exit(Status.INTERRUPTED)

    threading.Thread(target=listen, daemon=True).start()
