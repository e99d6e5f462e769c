"""Profiles and partitions are checked against what Snakemake and the installed SLURM plugin know."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from practica.errors import InputError
from practica.launch.executors import EXECUTORS, missing
from practica.launch.profiles import check_profiles, problems, refused, resource_names
from practica.yamlfiles.reading import read_yaml

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["default", "quick", "slurm", "slurm-gpus"])
def test_our_own_are_good(name: str) -> None:
    file = ROOT / f"profiles/{name}/config.yaml"
    check_profiles([file])
    assert not list(refused(file))


@pytest.mark.parametrize("name", EXECUTORS)
def test_an_example_for_another_executor_says_what_its_plugin_reads(name: str) -> None:
    file = ROOT / f"profiles/{name}/config.yaml"
    assert read_yaml(file)["executor"] == name
    assert not list(problems(file))
    if missing(name):
        (text,) = refused(file)
        assert f"pip install snakemake-executor-plugin-{name}" in text
    else:
        assert not list(refused(file))


@pytest.mark.parametrize("name", EXECUTORS)
def test_what_is_recorded_of_another_executor_is_what_its_plugin_reads(name: str) -> None:
    if missing(name):
        pytest.skip(f"snakemake-executor-plugin-{name} is not installed: no lock holds it")
    module = import_module(f"snakemake_executor_plugin_{name}")
    settings = getattr(module, "ExecutorSettings", None)
    assert set(EXECUTORS[name].settings) == {field.name for field in (fields(settings) if settings else ())}
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert all(f'"{resource}"' in source for resource in EXECUTORS[name].resources)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "executor: kubernetes\nkubernetes-namespaces: x",
            "kubernetes-namespaces: the plugin of kubernetes has no such",
        ),
        ("executor: lsf\ndefault-resources: {lsf_que: x}", "default-resources.lsf_que: neither Snakemake nor its"),
        ("executor: lsf\ndefault-resources: {slurm_account: x}", "slurm_account: neither Snakemake nor its executor"),
        ("executor: slurm\ndefault-resources: {lsf_queue: x}", "lsf_queue: neither Snakemake nor its executor"),
    ],
)
def test_settings_and_resources_are_those_of_the_executor(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    assert words in " ".join(problems(file))


def test_resources_of_an_executor_that_is_not_known_are_its_business(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("executor: googlebatch\ndefault-resources: {googlebatch_machine_type: c2-standard-4}")
    assert not list(problems(file))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "default-resource: {mem_mb: 3}",
            "default-resource: Snakemake ignores it; did you mean 'default-resources'?",
        ),
        ("set_resources: {train: {gpu: 0}}", "set_resources: Snakemake ignores it; did you mean 'set-resources'?"),
        (
            "set-resources: {trian: {mem_mb: 3}}",
            "set-resources.trian: there is no rule of this name; did you mean 'train'",
        ),
        ("set-resources: {train: {mem_mbb: 3}}", "set-resources.train.mem_mbb: neither Snakemake nor its executor"),
        ("set-resources: {train: {mem_mb: 4GB}}", "set-resources.train.mem_mb: '4GB' is not a number of MB"),
        ("set-resources: {train: {runtime: long}}", "'long' is not a number of minutes, or a time such as 2h"),
        ("set-resources: {train: {runtime: 1-0}}", "'1-0' is not a number of minutes"),
        ("set-resources: {train: {gpu: one}}", "set-resources.train.gpu: 'one' is not a number"),
        ("set-resources: {train: {gpu: 0.5}}", "0.5 is not a whole number"),
        ("set-resources: {train: {gpu: true}}", "True is not a whole number"),
        ("set-resources: {train: {mem_mb: -1}}", "-1 is not a whole number of MB"),
        ("set-resources: {train: 3}", "set-resources.train: 3 is not a mapping"),
        ("set-resources: ['train:mem_mb=3x']", "set-resources.train.mem_mb: '3x' is not a number of MB"),
        ("default-resources: [mem_mb]", "default-resources.mem_mb: '' is not a number of MB"),
        ("default-resources: {slurm_acount: x}", "did you mean 'slurm_account'?"),
        ("default-resources: {runtime: 2:00:00}", "line 1, column 30: YAML reads 2:00:00 as 7200"),
        ("resources: {gpus: 1}", "resources.gpus: neither Snakemake nor"),
        ("cores: -1", "cores: -1 is below 1, the lowest possible value"),
        ("jobs: 0", "jobs: 0 is below 1, the lowest possible value"),
        ("set-threads: {train: many}", "set-threads.train: 'many' is not a whole number above 0"),
        ("set-threads: {trian: 2}", "set-threads.trian: there is no rule"),
        (
            "slurm-no-requeues: true",
            "slurm-no-requeues: the SLURM plugin has no such setting; did you mean 'slurm-no-r",
        ),
        ("slurm-patient-runs-per-job: 0", "0 is not a whole number above 0"),
        ("slurm-patient-runs-per-jobs: 3", "did you mean 'slurm-patient-runs-per-job'?"),
        ("slurm-status-command: sqeue", "slurm-status-command: 'sqeue' is not accepted by the SLURM plugin"),
        ("slurm-partition-config: gone.yaml", "cannot read gone.yaml"),
    ],
)
def test_what_is_wrong_in_a_profile_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        check_profiles([file])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "default-resources: {mem_mb: 2000, runtime: 30, slurm_account: mine, constraint: avx512}",
        "default-resources: [mem_mb=1000, 'slurm_extra=--nice']",
        "set-resources: {train: {gpu_model: a100, gpu: 0, runtime: 2h, mem: 4GB, cpus_per_task: 2, qos: long}}",
        "set-resources: {train: {mem_mb: attempt * 4000, slurm_partition: gpu}}",
        "set-threads: {train: 2}",
        "slurm-qos: long\nslurm-keep-successful-logs: true",
    ],
)
def test_what_a_site_may_say_is_accepted(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    check_profiles([tmp_path / "config.yaml"])


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            "cpu: {max_gpus: 0}",
            "partitions.cpu.max_gpus: the SLURM plugin knows no such limit; did you mean 'max_gpu'?",
        ),
        (
            "gpu: {max_gpu: 8, max_runtime: 24:00:00}",
            "YAML reads 24:00:00 as 86400, a number in base 60; write a time of",
        ),
        ("gpu: {max_gpu: '8'}", "partitions.gpu.max_gpu: '8' is not a whole number"),
        ("gpu: {max_gpu: true}", "True is not a whole number"),
        ("gpu: {max_gpu: 0.5}", "0.5 is not a whole number"),
        ("gpu: {max_gpu: -1}", "-1 is not a whole number"),
        ("cpu: {max_mem_mb: 64GB}", "partitions.cpu.max_mem_mb: '64GB' is not a number of MB"),
        ("cpu: {max_runtime: long}", "'long' is not a number of minutes, or a time such as 24h"),
        ("cpu: {max_runtime: 0}", "max_runtime: 0 leaves nothing for any job"),
        ("'': {}", "partitions: a partition has no name"),
        ("cpu: {supports_mpi: maybe}", "'maybe' is neither true nor false"),
        ("gpu: {available_gpu_models: a100}", "'a100' is not a list of names"),
        ("cpu: ", "partitions.cpu: None is not a mapping of limits; write cpu: {} for none"),
        ("cpu: {cluster: 3}", "3 is no name"),
        ("", "partitions: it lists none"),
    ],
)
def test_what_is_wrong_with_partitions_is_named(tmp_path: Path, limits: str, words: str) -> None:
    (tmp_path / "config.yaml").write_text("slurm-partition-config: mine.yaml")
    (tmp_path / "mine.yaml").write_text(f"partitions:\n  {limits}\n")
    with pytest.raises(InputError) as caught:
        check_profiles([tmp_path / "config.yaml"])
    assert str(caught.value).startswith(str(tmp_path / "mine.yaml"))
    assert words in str(caught.value)


def test_all_limits_of_the_plugin_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("slurm-partition-config: mine.yaml")
    (tmp_path / "mine.yaml").write_text(
        "partitions:\n"
        "  cpu: {max_gpu: 0, max_runtime: 1440, max_mem_mb: 64000, max_threads: 32, max_nodes: 1, cluster: a}\n"
        "  gpu: {max_gpu: 8, max_runtime: 24h, available_gpu_models: [a100], supports_mpi: false, max_mem_mb: 1.0e+5}\n"
        '  long: {max_runtime: "2-12:00:00"}\n'
        "  other: {}\n"
    )
    assert not list(problems(tmp_path / "config.yaml"))
    (tmp_path / "mine.yaml").write_text("partitons: {cpu: {}}\n")
    assert "did you mean 'partitions'?" in next(problems(tmp_path / "config.yaml"))


def test_the_plugin_says_which_resources_there_are() -> None:
    text = {"slurm_account", "slurm_partition", "slurm_extra", "gres", "gpu_model", "constraint", "qos", "tasks"}
    assert text < (resource_names() or set())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jobbs: 3", "config.yaml: jobbs: Snakemake has no such option; did you mean 'jobs'?"),
        ("zzzzzz: 3", "zzzzzz: Snakemake has no such option; `snakemake --help` lists them"),
        ("latency-wait: 1m", "invalid int value: '1m'"),
        ("executor: slrum", "invalid choice: 'slrum'"),
    ],
)
def test_what_snakemake_refuses_is_said_in_its_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    message = list(refused(tmp_path / "config.yaml"))
    assert len(message) == 1
    assert words in message[0]
    assert "\n" not in message[0]


@pytest.mark.parametrize(
    ("text", "count"),
    [("slurm-no-reqeue: true", 1), ("default-resources: {mem_mb: -5}", 1), ("retries: -1\njobbs: 3", 2)],
)
def test_no_mistake_is_said_twice(tmp_path: Path, text: str, count: int) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    message = list(problems(file))
    message += refused(file, message)
    assert len(message) == count, message


def test_partitions_that_are_named_elsewhere_are_checked(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("partitions: {cpu: {max_gpus: 0}}")
    with pytest.raises(InputError, match="did you mean 'max_gpu'"):
        check_profiles([], [tmp_path / "mine.yaml"])
