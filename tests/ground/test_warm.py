"""A step that is handed over keeps its own output, signals and end; and the cost of a crash."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from practica.code import memory
from practica.launch import warm
from practica.launch.warm import FORWARDED, KINDS, NUMBER, OFFER, done_there
from toy import copied

SERVER = """
import socket, sys
from pathlib import Path
from practica.launch.forks import Forks
import tempfile; tempfile.gettempdir()

address, owner, code = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
listener = socket.socket(socket.AF_UNIX)
listener.bind(str(address))
listener.listen()
print("listening", flush=True)
done = []
arguments = Forks(owner, listener.detach(), address, [code], done.append).serve()
if arguments:
    exec(arguments[0])
"""
CLIENT = """
import os, socket, sys
from practica.launch.warm import done_there

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    code = done_there(connection, sys.argv[2:], os.environ)
sys.exit(99 if code is None else code)
"""
REFUSED = 99


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "module.py").touch()
    return folder


@pytest.fixture
def owner() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


@pytest.fixture
def server(tmp_path: Path, code: Path, owner: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SERVER, str(tmp_path / "s"), str(owner.pid), str(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "listening\n"
        yield process
        process.kill()


@pytest.fixture
def address(tmp_path: Path, server: subprocess.Popen[str]) -> Path:
    return tmp_path / "s"


def start(address: Path, work: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLIENT, str(address), work]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]


def test_what_is_done_before_a_fork_is_there_in_all_later_ones(address: Path) -> None:
    for steps in (1, 2):
        step = start(address, "import sys; print([len(each) for each in done], done[-1] == sys.argv[1:])")
        assert step.communicate()[0] == f"{[1] * steps} True\n"


def test_a_step_has_its_own_output_arguments_and_environment(address: Path) -> None:
    work = "import os, sys; print(os.environ['SAID'], len(sys.argv), os.environ.get('ELSE')); sys.exit(3)"
    step = start(address, work, env={**os.environ, "SAID": "here"})
    assert step.communicate()[0] == "here 2 None\n"
    assert step.returncode == 3


def test_steps_run_side_by_side_and_a_crash_costs_one(address: Path, tmp_path: Path) -> None:
    wait = f"import time; from pathlib import Path\nwhile not Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.01)"
    slow, crash = start(address, wait), start(address, "import os; os.abort()")
    assert crash.wait(20) == -signal.SIGABRT
    assert start(address, "pass").wait(20) == 0
    assert slow.poll() is None
    (tmp_path / "go").touch()
    assert slow.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_step(address: Path, number: int) -> None:
    work = (
        f"import signal, sys, time; signal.signal({number:d}, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\nfor _ in range(400): time.sleep(0.05)"
    )
    step = start(address, work)
    assert step.stdout and step.stdout.readline() == "ready\n"
    step.send_signal(number)
    assert step.wait(20) == 7


def test_a_signal_just_before_a_command_waits_wakes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python notes the signal in its wake-up descriptor, and runs the handler only after the call."""
    here, there = socket.socketpair()
    here.settimeout(10)
    wait, woken = select.select, []

    def signalled(read: list[Any], write: list[Any], others: list[Any]) -> Any:
        descriptor = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(descriptor)
        if not woken:
            os.write(descriptor, bytes([signal.SIGTERM]))
        else:
            there.sendall(NUMBER.pack(0))
        woken.append(wait(read, write, others, 5)[0])
        return woken[-1], [], []

    monkeypatch.setattr(warm.select, "select", signalled)
    before = {number: signal.getsignal(number) for number in FORWARDED}
    there.sendall(NUMBER.pack(os.getpid()))
    try:
        assert done_there(here, ["table"], {}) == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert [here in each for each in woken] == [False, True] and all(woken)


def test_what_ignores_sighup_goes_on_doing_so(address: Path) -> None:
    work = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    step = start(address, work, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert step.communicate()[0] == "True\n"


def test_a_step_is_killed_with_its_command(address: Path) -> None:
    step = start(address, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    assert step.stdout
    process = int(step.stdout.readline())
    step.kill()
    step.wait()
    assert gone(process)


def test_a_command_ends_with_the_warm_process_and_nothing_goes_on(address: Path, server: subprocess.Popen[str]) -> None:
    step = start(address, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    assert step.stdout
    process = int(step.stdout.readline())
    server.kill()
    assert step.wait(20) == 1
    assert gone(process)


def test_changed_code_is_not_run_from_memory(address: Path, code: Path, server: subprocess.Popen[str]) -> None:
    assert start(address, "pass").wait(20) == 0
    os.utime(code / "module.py", ns=(1, 1))
    assert start(address, "pass").wait(20) == REFUSED
    assert server.wait(20) == 0
    assert not address.exists()


def test_an_editor_that_marks_an_open_file_disturbs_no_step(address: Path, code: Path) -> None:
    (code / ".#module.py").symlink_to("somebody@here.1234")
    assert start(address, "pass").wait(20) == 0


def test_the_warm_process_ends_with_its_owner(
    address: Path, server: subprocess.Popen[str], owner: subprocess.Popen[bytes]
) -> None:
    owner.kill()
    assert server.wait(20) == 0


def test_a_command_is_handed_over_only_where_it_is_offered(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "practica", "table", "--help"]
    alone = subprocess.run(command, capture_output=True, text=True, check=True)
    offered = {**os.environ, OFFER: f"{os.getpid()}:{tmp_path}"}
    handed_over = subprocess.run(command, capture_output=True, text=True, check=True, env=offered)
    assert handed_over.stdout == alone.stdout
    [address] = (path for path in tmp_path.iterdir() if path.is_socket())
    failed = subprocess.run([*command[:-1], "--wrong"], capture_output=True, text=True, check=False, env=offered)
    assert (failed.returncode, "No such option" in failed.stderr) == (2, True)
    address.unlink()  # nobody listens there any more: each command does its own work
    address.touch()
    assert subprocess.run(command, capture_output=True, text=True, check=True, env=offered).stdout == alone.stdout


def test_processes_of_one_thread_share_their_imports_with_jobs_of_one_thread(tmp_path: Path) -> None:
    for threads in ("1", "4"):  # Snakemake sets the variable to the threads of the job
        offered = {**os.environ, OFFER: f"{os.getpid()}:{tmp_path}", "OMP_NUM_THREADS": threads}
        command = [sys.executable, "-m", "practica", "table", "--help"]
        assert subprocess.run(command, capture_output=True, check=True, env=offered).stdout
        assert len([path for path in tmp_path.iterdir() if path.is_socket()]) == 1


def test_a_process_that_starts_ahead_serves_the_first_step(
    tmp_path: Path, owner: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OFFER, f"{owner.pid}:{tmp_path}")
    warm.start_for([("figure", 1), ("table", 1), ("train", 2), ("study", 1)])
    sockets = appeared(tmp_path, 1)
    # Snakemake tells its children to end, but this one has to wait for its forks.
    end = time.monotonic() + 10
    while [child.pid for child in psutil.Process().children(recursive=True)] != [owner.pid]:
        assert time.monotonic() < end
        time.sleep(0.02)
    with pytest.raises(AssertionError):  # those of two threads, and what starts quickly, start by themselves
        appeared(tmp_path, 2, patience=1)
    for variable in warm.THREADS:
        monkeypatch.setenv(variable, "1")  # as Snakemake does for a job, which also gets its folder for temporary files
    monkeypatch.setenv("TMPDIR", "/of/the/job")
    command = [sys.executable, "-m", "practica", "table", "--help"]
    environment = dict(os.environ)  # without what libraries of this process may have set in C
    assert subprocess.run(command, capture_output=True, check=True, env=environment).stdout
    assert appeared(tmp_path, 1) == sockets


def appeared(folder: Path, number: int, patience: float = 20) -> list[Path]:
    end = time.monotonic() + patience
    while len(sockets := [path for path in folder.iterdir() if path.is_socket()]) < number:
        assert time.monotonic() < end
        time.sleep(0.02)
    return sockets


def test_nothing_starts_ahead_without_an_offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OFFER, raising=False)
    monkeypatch.setattr(warm, "_start", lambda *_: pytest.fail("started"))
    warm.start_for([("table", 1)])


def test_a_step_writes_its_temporary_files_where_its_environment_says(address: Path, tmp_path: Path) -> None:
    work = "import tempfile; print(tempfile.gettempdir())"
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        step = start(address, work, env={**os.environ, "TMPDIR": str(tmp_path / name)})
        assert step.communicate()[0] == f"{tmp_path / name}\n"


def test_every_kind_can_be_started() -> None:
    from practica.cli.warming import IMPORTS

    assert set(KINDS.values()) == set(IMPORTS)


def test_the_step_of_a_warm_process_is_not_taken_apart_at_its_end(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    tracer = f"import atexit, os\natexit.register(lambda: open({str(ended)!r}, 'a').write(f'{{os.getpid()}}\\n'))"
    (tmp_path / "sitecustomize.py").write_text(tracer)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), OFFER: f"{os.getpid()}:{tmp_path}"}
    command = [sys.executable, "-m", "practica", "table", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as step:
        assert "Usage" in step.communicate()[0]
    assert ended.read_text() == f"{step.pid}\n"


@pytest.mark.keras
def test_a_warm_process_writes_nothing_when_its_run_is_over(
    tmp_path: Path, owner: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder may be about to be removed."""
    study = copied(tmp_path / "study")
    (tmp_path / ".snakemake").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory, "opened", lambda: study)
    time.sleep(memory.SETTLED + 0.1)  # what is found out about files that have just been written is not kept
    environment = {**os.environ, OFFER: f"{owner.pid}:{tmp_path}"}
    subprocess.run(
        [sys.executable, "-m", "practica", "train", "--help"], capture_output=True, check=True, env=environment
    )
    (process,) = (
        each for each in psutil.process_iter(["cmdline"]) if str(tmp_path) in (each.info["cmdline"] or [""])[-1]
    )
    memory.file().unlink()  # it has been written by then
    owner.kill()
    assert gone(process.pid)
    assert not memory.file().exists()


def gone(process: int) -> bool:
    for _ in range(500):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


ENDING = """
import atexit, sys, threading, time
from practica.launch.forks import QuickEnd

class Library:
    def __del__(self):
        print("taken apart")

end = QuickEnd()
library = Library()
atexit.register(print, "cleaned up")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread done"))).start()
with {context}:
    print("worked")
    {last}
"""
WORK = "worked\nthread done\ncleaned up\n"


@pytest.mark.parametrize(
    ("context", "last", "output", "code"),
    [
        ("end", "sys.exit(3)", WORK, 3),
        ("end", "raise SystemExit(0)", WORK, 0),
        ("end", "raise ValueError", f"{WORK}taken apart\n", 1),
        ("end", "sys.exit('why')", f"{WORK}taken apart\n", 1),
        ("threading.Lock()", "sys.exit(3)", f"{WORK}taken apart\n", 3),
    ],
)
def test_a_fork_ends_as_python_does_but_for_the_taking_apart(context: str, last: str, output: str, code: int) -> None:
    script = ENDING.format(context=context, last=last)
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (process.stdout, process.returncode) == (output, code), process.stderr
    assert ("why" in process.stderr) == ("why" in last)
    assert ("ValueError" in process.stderr) == ("ValueError" in last)
