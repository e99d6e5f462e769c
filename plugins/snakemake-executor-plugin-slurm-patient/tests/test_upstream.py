"""All that is known of the SLURM plugin from inside: when some of it goes, a test here says what to do."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any

import pytest
import snakemake_executor_plugin_slurm as plugin
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

HOME = Path(__file__).parents[1] / "src/snakemake_executor_plugin_slurm_patient/upstream.py"
EXECUTOR = "snakemake_executor_plugin_slurm:Executor"
NAMES = {
    f"{EXECUTOR}.get_partition_arg": "CappedExecutor: find what chooses a job's partition, and override that",
    f"{EXECUTOR}.get_account_arg": "CappedExecutor: find what chooses a job's account, and override that",
    f"{EXECUTOR}._report_job_error_threadsafe": "report_unsubmitted: tell Snakemake in the thread of its event loop",
    f"{EXECUTOR}._report_job_submission_threadsafe": "report_taken_over: do it in the thread of Snakemake's event loop",
    "snakemake_executor_plugin_slurm:ExecutorSettings": "settings, accept: find the class of the plugin's settings",
    "snakemake_executor_plugin_slurm.partitions:PartitionLimits": "limits: find what the plugin knows of a partition",
    "snakemake_executor_plugin_slurm.partitions:get_best_partition": "partition_of: find what chooses a partition",
    "snakemake_executor_plugin_slurm.partitions:read_partition_file": "partition_of: find what reads partitions.yaml",
    "snakemake_executor_plugin_slurm.utils:parse_time_to_minutes": "minutes_of: find what reads max_runtime",
    "snakemake_executor_plugin_slurm.utils:get_job_wildcards": "_comment, _log: find how the plugin names jobs",
    "snakemake_interface_executor_plugins.registry:ExecutorPluginRegistry": "given_settings: find what reads settings",
    "snakemake.cli:parse_args": "given_settings: find what reads a command line with its profiles",
    "snakemake_interface_executor_plugins.executors.base:SubmittedJobInfo.aux": "aux_of: find what stays with a job",
}
INTERFACE = (
    "__init__",
    "__post_init__",
    "run_jobs",
    "run_job",
    "format_job_exec",
    "report_job_submission",
    "report_job_error",
    "check_active_jobs",
    "sleep",
    "cancel",
    "cancel_jobs",
)
"""What every executor plugin has; ours overrides it, and calls the SLURM plugin's."""
SETTINGS = (
    "init_seconds_before_status_checks",
    "keep_successful_logs",
    "requeue",
    "partition_config",
    "array_jobs",
    "status_command",
)
LIMITS = ("max_gpu", "max_mem_mb", "max_runtime")
RESOURCES = ("slurm_account", "slurm_partition", "mem_mb", "runtime", "cluster", "clusters", "slurm_cluster")


def internals() -> Any:
    """Import it here: where a name has gone, that fails, and `test_it_is_there` says more."""
    from snakemake_executor_plugin_slurm_patient import upstream

    return upstream


def patient() -> Any:
    from snakemake_executor_plugin_slurm_patient import Executor

    return Executor


@pytest.mark.parametrize("path", NAMES)
def test_it_is_there(path: str) -> None:
    try:
        if path.endswith(".aux"):
            assert "aux" in resolve_name(path.removesuffix(".aux")).__dataclass_fields__
        else:
            resolve_name(path)
    except (ImportError, AttributeError, AssertionError) as error:
        pytest.fail(f"{error}; {NAMES[path]}")


@pytest.mark.parametrize("name", INTERFACE)
def test_executors_have_it(name: str) -> None:
    assert callable(getattr(RemoteExecutor, name, None)), (
        f"PatientExecutor.{name}: read how executor plugins are written"
    )
    assert callable(getattr(plugin.Executor, name)), f"PatientExecutor.{name}: the plugin's own is called there"


def test_nothing_else_is_overridden() -> None:
    """A method that the plugin renames is overridden no more, and nobody would hear of it."""
    ours = {name for owner in (internals().CappedExecutor, patient()) for name in vars(owner)}
    meant = {path.rpartition(".")[2] for path in NAMES if path.startswith(f"{EXECUTOR}.")} | set(INTERFACE)
    overridden = {name for name in ours & set(dir(plugin.Executor)) if callable(getattr(plugin.Executor, name))}
    overridden -= {"__module__", "__doc__", "__abstractmethods__", "_abc_impl"}
    assert overridden <= meant, "name it here, and say what to do when it goes"
    assert {"get_partition_arg", "get_account_arg", *INTERFACE} == overridden


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_there(name: str) -> None:
    assert name in internals().settings(), f"habits, accept: the plugin's setting {name} has another name now"


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_there(name: str) -> None:
    assert name in internals().limits(), f"CappedExecutor.get_partition_arg: the limit {name} has another name now"


@pytest.mark.parametrize("name", RESOURCES)
def test_the_plugins_source_tells_which_resources_it_reads(name: str) -> None:
    assert name in internals().resources(), "resources, CLUSTER: the plugin reads its resources in another way now"


@pytest.mark.parametrize(
    ("method", "attribute", "advice"),
    [
        ("__post_init__", "run_uuid", "job_name: find the name under which jobs stand in the queue"),
        ("__post_init__", "_partitions", "get_partition_arg: find where the plugin keeps its partitions"),
        ("__post_init__", "_job_submission_executor", "submit, submit_no_more: find which threads submit"),
        ("__post_init__", "slurm_logdir", "_log: find where SLURM writes what jobs print"),
    ],
)
def test_the_executor_sets_it(method: str, attribute: str, advice: str) -> None:
    assert attribute in getattr(plugin.Executor, method).__code__.co_names, advice


@pytest.mark.parametrize(
    ("attribute", "advice"),
    [
        ("_tmpdir", "drop_scratch: find where scripts of jobs lie"),
        ("wait_thread", "look_no_more: find which thread looks at the jobs"),
        ("lock", "look_no_more: find what guards the thread that looks at the jobs"),
        ("wait", "look_no_more: find what tells that thread to end"),
    ],
)
def test_the_interface_sets_it(attribute: str, advice: str) -> None:
    from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

    assert attribute in RemoteExecutor.__init__.__code__.co_names, advice


def test_the_log_of_a_job_stays_with_it() -> None:
    source = inspect.getsource(plugin.Executor.run_job)
    assert '"slurm_logfile"' in source, "log_of, aux_of: find the plugin's name for a job's log"
    info = internals().SubmittedJobInfo(None, "7", internals().aux_of(Path("7.log"), name="x"))
    assert internals().log_of(info) == Path("7.log")
    assert info.aux["name"] == "x"


def test_a_pack_is_submitted_like_a_group() -> None:
    source = inspect.getsource(plugin.Executor.run_jobs)
    assert "if job.is_group():" in source, "Pack: find what the plugin submits as it is"
    assert "_submit_job" in source, "Pack: find how the plugin submits a group"


def test_a_job_takes_a_step_that_members_do_without() -> None:
    step = internals().CappedExecutor.__new__(internals().CappedExecutor)
    step.workflow = SimpleNamespace(executor_settings=plugin.ExecutorSettings())
    assert step.additional_general_args() == "--executor slurm-jobstep --jobs 1", "format_job_exec: find what starts it"


def test_what_follows_an_account_replaces_the_comment() -> None:
    call = inspect.getsource(get_submit_command)
    assert call.index("--comment") < call.index("params.account"), "get_account_arg: find where a comment can be set"


def test_a_submission_asks_the_methods_that_are_overridden() -> None:
    called = set(plugin.Executor.run_job.__code__.co_names)
    for code in plugin.Executor.run_job.__code__.co_consts:
        called |= set(getattr(code, "co_names", ()))
    wanted = {"get_partition_arg", "get_account_arg", "format_job_exec", "_report_job_submission_threadsafe"}
    assert wanted <= called, "CappedExecutor: find how the plugin makes the call of sbatch"


def test_what_the_threads_of_submission_tell_reaches_snakemake() -> None:
    message: list[Any] = []

    class Loose(internals().CappedExecutor):
        def __init__(self) -> None:
            self._main_event_loop = None

        def report_job_submission(self, info: Any, register_job: bool = True) -> None:
            message.append((info.job, info.external_jobid, info.aux))

        def report_job_error(self, info: Any, msg: str = "", **_: Any) -> None:
            message.append((info.job, msg))

    executor = Loose()
    executor.report_taken_over("a", "7", {"x": 1})
    executor.report_unsubmitted("b", "why")
    assert message == [("a", "7", {"x": 1}), ("b", "why")]


def test_snakemake_finds_both_plugins_and_puts_none_in_the_place_of_the_other() -> None:
    plugins = ExecutorPluginRegistry().plugins
    assert plugins["slurm-patient"].executor is patient()
    assert plugins["slurm"].executor is plugin.Executor
    assert plugins["slurm-patient"].common_settings is plugin.common_settings


@pytest.mark.parametrize("program", ["/bin/snakemake", "/lib/snakemake/__main__.py"])
def test_the_settings_are_those_of_the_slurm_options(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from snakemake.cli import parse_args

    monkeypatch.chdir(tmp_path)
    Path("site").mkdir()
    Path("site/config.yaml").write_text("executor: slurm-patient\nslurm-no-requeue: true\nslurm-qos: short\n")
    with Path("site/config.yaml").open("a") as stream:
        stream.write("slurm-patient-runs-per-job: 4\n")
    words = ["--profile", "site", "--slurm-qos", "long", "--slurm-init-seconds-before-status-checks", "7"]
    monkeypatch.setattr(sys, "argv", [program, *words])
    _, arguments = parse_args(words)
    text = capfd.readouterr()
    settings = ExecutorPluginRegistry().get_plugin("slurm-patient").get_settings(arguments)
    assert capfd.readouterr() == ("", ""), f"Snakemake says again what it has said: {text}"
    assert isinstance(settings, plugin.ExecutorSettings)
    assert (settings.qos, settings.no_requeue, settings.init_seconds_before_status_checks) == ("long", True, 7)
    assert settings.runs_per_job == 4
    ExecutorPluginRegistry().get_plugin("slurm-patient").validate_settings(settings)


def test_a_program_that_uses_snakemake_gets_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/program", "--slurm-qos", "long"])
    assert internals().given_settings(runs_per_job=1) == plugin.ExecutorSettings()


@pytest.mark.parametrize(
    ("time", "minutes"), [("30:00", 30), ("1:00:00", 60), ("2-00:00:00", 2880), ("infinite", None), ("UNLIMITED", None)]
)
def test_times_of_sinfo(time: str, minutes: float | None) -> None:
    assert internals().minutes(time) == minutes


def test_settings_limits_and_times_are_those_of_the_plugin() -> None:
    internals().accept("requeue", True)
    internals().accept("patient_runs_per_job", 3)
    with pytest.raises(Exception, match="0 is not a whole number above 0"):
        internals().accept("patient_runs_per_job", 0)
    with pytest.raises(Exception, match="status"):
        internals().accept("status_command", "guess")
    assert internals().minutes_of("24h") == 1440


def test_the_plugin_is_spoken_of_in_one_file() -> None:
    private = {path.rpartition(".")[2] for path in NAMES if path.startswith(f"{EXECUTOR}.")}
    private |= {"run_uuid", "_partitions", "slurm_logfile", "executor_settings", *SETTINGS[:2]}
    for path in sorted(HOME.parent.glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        names |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        if path == HOME:
            assert private <= names | vars(internals().CappedExecutor).keys(), "named here, and not used any more"
        else:
            assert not names & private, f"{path}: move it to {HOME}"
            assert not {name for name in modules if name.split(".")[0] == plugin.__name__}, f"{path}: move it to {HOME}"
