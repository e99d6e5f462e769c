"""The mail that SLURM sends for a notice."""

from __future__ import annotations

import subprocess
import sys

import pytest
from mini import Cluster, Study, wait_for

pytestmark = pytest.mark.slurm

ADDRESS = "ada@example.org"


def test_slurm_sends_the_message_as_the_subject_of_a_mail(cluster: Cluster, study: Study) -> None:
    (study.folder / "mail.yaml").write_text(f"notify: {{mail: {ADDRESS}}}\n")
    command = [sys.executable, "-m", "practica", "notify", "--config", "config.yaml", "--config", "mail.yaml"]
    process = subprocess.run(
        command, cwd=study.folder, env=study.environment(), capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout) == (0, f"told SLURM's mail to {ADDRESS}\n"), process.stderr
    (mail,) = wait_for("mail", cluster.mails, 30)
    address, subject = mail.split("\t")
    assert address == ADDRESS
    assert f"Name=practica: practica in {study.folder.name}: a test message Ended" in subject
