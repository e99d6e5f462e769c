"""One attempt at training a block: its lock, its time limit, the signals it receives, its journal and its progress."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from practica.errors import InputError, StoppedError
from practica.files import now, read_json, say, write_json
from practica.jobs.journal import DONE, KILLED, Entry, Journal, failure_note, note_failure, of_last_result
from practica.jobs.lock import BEAT, Lock
from practica.jobs.meter import Meter
from practica.jobs.progress import Tell, epochs_of_last, pace
from practica.jobs.states import checkpoint_folder
from practica.launch.allocation import ancestors, gone, seconds_of_grace

if TYPE_CHECKING:
    from practica.config.study import Block
    from practica.jobs.history import HistoryFile
    from practica.training.record import History

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GRACE = 4.0
"""Seconds to reach the next point of the history after a signal; SLURM may kill the process five seconds after it."""
OUT_OF_TIME, TERMINATED, TAKEN_OVER = "out of time", "terminated by", "another process took over"
ORPHANED = "terminated by the end of its job"
COST = "cost.json"
"""What the current attempt has cost so far, beside the lock."""


class Attempt:
    """Hold the block's lock while its runs train, and stop them in time.

    TensorFlow runs all steps between two points of the history in one call, during which Python handles no signals. So
    a thread runs beside it: it keeps the lock's heartbeat going, and ends the process if the main thread does not reach
    its next point in time. Only the work since the last checkpoint is lost.
    """

    def __init__(
        self,
        block: Block,
        results: Path,
        minutes: float | None,
        meter: Meter | None = None,
        *,
        by_hand: bool = False,
    ) -> None:
        self.folder = checkpoint_folder(block, results)
        self.number = 0
        self.history: HistoryFile | None = None
        self.tell: Tell = lambda progress: None
        self._block = block
        self._results = results
        self._journal = Journal(block, results)
        self._lock = Lock(self.folder / "lock.json")
        self._leftovers = (self.folder, block.folder(results))
        self._stop: str | None = None
        self._points = 0
        self._reported = 0.0
        limit = 60 * minutes if minutes else float("inf")
        # Keep some of the job's time for the work before and after training.
        margin = min(60.0, limit / 4)
        self._deadline = time.monotonic() + limit - margin
        self._cut = self._deadline + margin / 2
        self._minutes = minutes
        self._by_hand = by_hand
        self._meter = meter or Meter()
        self._ancestors = ancestors()
        self._ending = threading.Lock()
        self._closed = False

    def __enter__(self) -> Attempt:
        """Wait for the lock and open the journal.

        Raises:
            StoppedError: the time was up, or a signal came, before another process released the lock.
        """
        self._listen()
        try:
            self._lock.acquire(self._wait)
            self._begin()
        except BaseException:
            self._lock.release()
            self._close()
            raise
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Record why the attempt ended, and release the lock."""
        if isinstance(error, StoppedError):
            why = self._stop or str(error)
        else:
            why = f"{type(error).__name__}: {error}".splitlines()[0] if error else DONE
        self._end(why)
        self._close()

    def entries(self) -> list[Entry]:
        """Return the attempts at the result that this one works on; the last one is this attempt."""
        *before, me = self._journal.entries()
        return of_last_result([*before, replace(me, cost=self._meter.cost())])

    def at_point(self, run: str, record: History) -> str | None:
        """Report a point of a run's history, and return why the run has to stop there, or None.

        Raises:
            StoppedError: another process has taken the lock, so nothing may be written any more.
        """
        if not self._lock.held():
            self._stop = TAKEN_OVER
            raise StoppedError(f"{self._stop} while this one stood still; leave the run to it")
        self._points += 1
        self._meter.epochs += _new_epochs(record)
        if self.history:
            self.history.reached(run, record)
        self._report(run, record)
        fits = time.monotonic() + 1.2 * record.point_seconds < self._deadline
        if not fits and record.done < record.last_epoch:
            self._stop = self._stop or OUT_OF_TIME
        return self._stop

    def _begin(self) -> None:
        """Open the journal, and remove the files that a kill left half written."""
        before = self._journal.entries()
        if before and before[-1].why is None and not before[-1].cost:
            self._account_for(before[-1].attempt)
        self.number = self._journal.begin(self._lock.me, by_hand=self._by_hand)
        if before and before[-1].why != DONE:
            last = before[-1]
            say(f"attempt {self.number}; the one before, on {last.host}: {last.why or KILLED}")
        failure_note(self._block, self._results).unlink(missing_ok=True)
        for folder in self._leftovers:
            for part in folder.rglob(".*.part"):
                part.unlink(missing_ok=True)

    def _account_for(self, number: int) -> None:
        """Record what a killed attempt had cost at its last report, if it made one."""
        with contextlib.suppress(InputError, LookupError, TypeError):
            last = read_json(self.folder / COST)
            if last["attempt"] == number:
                self._journal.add_cost(number, last["cost"])

    def _report_cost(self) -> None:
        """Write what the attempt has cost so far, in case it is killed."""
        if number := self.number:
            with contextlib.suppress(OSError, InputError):  # a full disk
                write_json(self.folder / COST, {"attempt": number, "cost": self._meter.cost()})

    def _report(self, run: str, record: History) -> None:
        """Write the progress, at most once a second."""
        if time.monotonic() - self._reported < 1 and record.done < record.last_epoch:
            return
        self._reported = time.monotonic()
        progress = {
            "run": run,
            "runs": self._block.runs,
            "runs_at_once": len(getattr(record, "runs", [run])),
            "runs_done": len(list(self.folder.glob("*/*.done"))),
            "epoch": record.done,
            "epochs": record.last_epoch,
            "metric": record.monitor,
            "value": record.monitored,
            "seconds_per_epoch": pace(record, first=self._points == 1),
            "updated": now(),
        }
        with contextlib.suppress(OSError, InputError):  # a full disk
            write_json(self.folder / "progress.json", progress)
        self._report_cost()
        self.tell(progress)

    def _wait(self, who: str) -> None:
        if time.monotonic() - self._reported > 60:
            self._reported = time.monotonic()
            say(f"{self._block.id} is being trained by {who}: waiting")
        if not self._stop and time.monotonic() > self._deadline:
            self._stop = OUT_OF_TIME
        if self._stop:
            raise StoppedError(f"{self._block.id}: {self._stop} while {who} was training it; see practica status")

    def _listen(self) -> None:
        """Install the signal handlers and start the thread."""
        self._wake, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        # Only signals with a handler wake the thread, which does the rest.
        self._handlers = {number: signal.signal(number, _nothing) for number in SIGNALS if not _waved_off(number)}
        self._former_bell = signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while True:
            timeout = max(0.0, min(BEAT, self._cut - time.monotonic()))
            rung = os.read(self._wake, 1) if select.select([self._wake], [], [], timeout)[0] else b""
            if self._closed:
                return
            if rung:
                self._stop = self._stop or f"{TERMINATED} {signal.Signals(rung[0]).name}"
                self._cut = min(self._cut, time.monotonic() + max(GRACE, seconds_of_grace(os.environ)))
            if not self._stop and any(map(gone, self._ancestors)):
                self._stop = ORPHANED
                self._cut = min(self._cut, time.monotonic() + GRACE)
            with contextlib.suppress(OSError):
                self._lock.beat()
            self._meter.look()
            self._report_cost()
            if time.monotonic() >= self._cut:
                self._abort()

    def _abort(self) -> None:
        """End the process, because the main thread is busy with something long."""
        why = self._stop or OUT_OF_TIME
        if why == OUT_OF_TIME and not self._points:
            why += f": no epoch fitted into {self._minutes:.3g} minutes, raise resources.runtime"
        reason = f"{self._block.id}: {why}; run it again to continue from its last checkpoint"
        if self._end(why, reason):
            with contextlib.suppress(OSError):
                print(f"practica: {reason}", file=sys.stderr, flush=True)
            os._exit(StoppedError.exit_code)

    def _end(self, why: str, reason: str = "") -> bool:
        """Close the journal and release the lock; return False if the other thread has done so already."""
        with self._ending:
            number, self.number = self.number, 0
            if number:
                with contextlib.suppress(OSError):  # a full disk must not hide how the attempt ended
                    self._journal.end(number, why, self._meter.cost())
                if reason:
                    note_failure(self._block, self._results, reason)
                elif why == DONE:
                    failure_note(self._block, self._results).unlink(missing_ok=True)
                self._lock.release()
            return number > 0

    def _close(self) -> None:
        self._closed = True
        os.write(self._bell, b"\0")
        self._thread.join()
        signal.set_wakeup_fd(self._former_bell)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._wake)
        os.close(self._bell)


def _new_epochs(record: History) -> int:
    """Return the epochs that the last step to a point has trained, of all runs that train together."""
    runs: Sequence[History] = getattr(record, "runs", [record])
    step = 0
    for run in runs:
        # A stack reaches several points in one step, and gives each run an equal share of its time at each.
        share = len(runs) * run.point_seconds
        points = round(record.point_seconds / share) if share else 1
        step += epochs_of_last(run, points)
    return step


def _waved_off(number: int) -> bool:
    """Return whether this process is meant to survive the end of its terminal, as under ``nohup``."""
    return number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN


def _nothing(number: int, frame: FrameType | None) -> Any:
    """Leave the signal to the thread."""
