"""Work for several items, in processes side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from practica.errors import RunError

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def side_by_side(work: Callable[[Item], Outcome], items: Sequence[Item], processes: int) -> list[Outcome]:
    """Return what ``work`` makes of each item, in order; several processes share the items out among them.

    They are forks: they need not import again what this process has imported, and it must not have computed with the
    backend before. Each ends with its share, even if this process is killed.

    Raises:
        RunError: one of them ended early.
    """
    count = min(processes, len(items))
    if count < 2:
        return [work(item) for item in items]
    context = get_context("fork")
    outcomes: dict[int, Outcome] = {}
    forks = []
    for place in range(count):
        receiver, sender = context.Pipe(duplex=False)
        fork = context.Process(target=_work_on_share, args=(sender, work, items[place::count]))
        fork.start()
        sender.close()
        forks.append((fork, receiver))
    try:
        for place, (_, receiver) in enumerate(forks):
            with suppress(EOFError):
                outcomes |= dict(zip(range(place, len(items), count), receiver.recv(), strict=True))
    except BaseException:  # such as Ctrl-C
        for fork, _ in forks:
            fork.terminate()
        raise
    finally:
        for fork, _ in forks:
            fork.join()
    if len(outcomes) < len(items):
        codes = ", ".join(str(fork.exitcode) for fork, _ in forks if fork.exitcode)
        raise RunError(
            f"one of {count} processes ended early (exit code {codes}): its error is above, or it was killed, perhaps "
            "for lack of memory"
        )
    return [outcomes[place] for place in range(len(items))]


def _work_on_share(sender: Connection, work: Callable[[Item], Outcome], items: Sequence[Item]) -> None:
    sender.send([work(item) for item in items])
