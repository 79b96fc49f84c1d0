"""`--total` and `--mean` with `--scheduler`: the sums of all blocks come from the workers, and are added here."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from backprop.cli.batch.account import Account, write_whole
from backprop.cli.batch.cluster import scheduler
from backprop.cli.batch.cluster.sums import summed
from backprop.cli.batch.evaluation import Output
from backprop.cli.batch.partitions.attempt import Attempt, Outcome
from backprop.cli.batch.pipeline import begun_run, totals_of, write_outputs
from backprop.cli.batch.totals import Totals
from backprop.cli.status import Status

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch


def run(batch: Batch) -> Status:
    """Add up the results over all rows. Raises ExpressionError or Failure."""
    account = Account(batch)
    with ExitStack() as stack:
        run = begun_run(batch, stack)
        totals = totals_of(batch, run)
        assert totals is not None
        client = stack.enter_context(scheduler.connected(batch, str(batch.partitions.scheduler)))

        def write(out: BinaryIO) -> None:
            write_outputs(batch, run, added(batch, totals, account, client), totals, account, out)

        return account.run(partial(write_whole, batch.path, write, account))


def added(batch: Batch, totals: Totals, account: Account, client: Any) -> Generator[Output, None, None]:
    """Nothing is to be written before all is added, and told, in the order of the files. Raises Failure."""
    early: dict[int, Outcome] = {}
    consumed = place = 0
    waiting = deque(map(Attempt, range(len(batch.files))))
    with closing(scheduler.outcomes(batch, waiting, client, summed)) as coming:
        for found in coming:
            early[found.place] = found
            while place in early:
                outcome = early.pop(place)
                take(outcome, totals, account)
                consumed += batch.files[place].size or 0
                account.progress.advance(outcome.rows, consumed)
                place += 1
                if account.is_stopped:
                    return
    yield from ()


def take(outcome: Outcome, totals: Totals, account: Account) -> None:
    """Add what a file comes to, and tell what there is to say of it. Raises what it could not be read for."""
    if outcome.problem is not None:
        raise outcome.problem
    if outcome.told is not None:
        outcome.told.tell(account)
    for sums in outcome.sums:
        totals.add(sums)
    account.is_stopped = outcome.is_stopped
