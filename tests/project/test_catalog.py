"""The workflow can be found, deployed and used as a part of another one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from practica.schema import config_schema

ROOT = Path(__file__).parents[2]
MODULE = """\
configfile: "config/config.yaml"


module practica:
    snakefile: "{root}/workflow/Snakefile"
    config: config


use rule * from practica
"""


def test_the_catalog_is_told_what_it_asks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert usage["software-stack-deployment"]["conda"] is True
    assert (ROOT / "workflow/Snakefile").is_file()
    assert (ROOT / "config/config.yaml").read_bytes() == (ROOT / "config.yaml").read_bytes()


def test_the_catalogs_page_names_every_key():
    text = (ROOT / "config/README.md").read_text(encoding="utf-8")
    assert not [key for key in config_schema()["properties"] if f"`{key}`" not in text]


@pytest.mark.workflow
def test_it_is_a_module_of_another_workflow(tmp_path):
    """As snakedeploy writes it, and in a folder of its own."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").write_text(MODULE.format(root=ROOT))
    command = [Path(sys.executable).with_name("snakemake"), "-n", "--cores", "1", "--config", "only=ej01", "seeds=1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "PRACTICA_DATA_MIRROR": ""}
    done = subprocess.run(
        [*command, "seeds_per_job=1"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Training ej01/linear/s0" in done.stdout
    assert "results/informe.pdf" in done.stdout
