"""A signal ends Snakemake, but does not interrupt its event loop, unless that takes long."""

import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, signal, time
from practica.launch import shutdown

shutdown.LOOPING = {patience}
shutdown.end_when_told()

async def work():
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep({seconds})
    print("finished")

try:
    asyncio.run(work())
    time.sleep(60)
except KeyboardInterrupt:
    print("ended")
"""


def test_where_snakemake_guards_nothing_it_ends_without_a_traceback() -> None:
    begin = "import os, signal, time\nfrom practica.launch import shutdown\nshutdown.end_when_told()\n"
    for last, text in (("", ""), ("except KeyboardInterrupt: raise ValueError('another')", "ValueError: another")):
        program = f"{begin}try:\n os.kill(os.getpid(), signal.SIGTERM)\n time.sleep(60)\n{last or 'finally: pass'}"
        process = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
        )
        assert process.returncode
        assert text in process.stderr if text else not process.stderr


@pytest.mark.parametrize(
    ("patience", "seconds", "said"), [(30, 0.3, ["finished", "ended"]), (0.2, 60, ["ended"])], ids=["short", "long"]
)
def test_an_event_loop_may_finish_if_it_is_short(patience: float, seconds: float, said: list[str]) -> None:
    program = PROGRAM.format(patience=patience, seconds=seconds)
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert process.stdout.split() == said, process.stderr
