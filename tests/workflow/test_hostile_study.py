"""A study in which every free text is hostile: Snakemake passes it to commands as words."""

import json

import pytest
import yaml

HOSTILE = r"""{x} %s $(touch owned) `touch owned` '"'"' ;touch owned; </script>""" + "\n--out owned\n"


@pytest.mark.workflow
def test_the_shell_is_given_words_and_never_commands(fresh):
    results = r"""r '"$(touch owned)`touch owned`;touch owned;&|*?#~ \x"""
    over = {"title": HOSTILE, "author": HOSTILE, "results": results, "data": {"folder": f"d{results}"}}
    (fresh.folder / "hostile.yaml").write_text(yaml.safe_dump(over))
    study, dataset = f"{results}/study.json", f"d{results}/prepared/walks/dataset.json"
    process = fresh.snakemake("--configfile", "tiny.yaml", "hostile.yaml", "--", study, dataset)
    assert process.returncode == 0, process.stderr
    resolved = json.loads((fresh.folder / study).read_text(encoding="utf-8"))
    assert (resolved["title"], resolved["author"]) == (HOSTILE, HOSTILE)
    assert (fresh.folder / dataset).is_file()
    assert not [path for path in fresh.folder.rglob("*") if path.name.startswith("owned")]
