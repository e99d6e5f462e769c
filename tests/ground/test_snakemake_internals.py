"""Every undocumented name of Snakemake: if one disappears, a test here says what to do."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any

import pytest

from practica.launch import snakemake_internals as internals

ROOT = Path(__file__).parents[2]
HOME = ROOT / "workflow/practica/launch/snakemake_internals.py"
NAMES = {
    "snakemake.api:SnakemakeApi.print_exception": "see_exceptions: find what prints the error that ends a run",
    "snakemake.assets:Assets.get_content": "asset: find where Snakemake keeps Vega for its report",
    "snakemake.cli:get_argument_parser": "read_profile, see_refused_profiles: find what parses the command line",
    "snakemake.cli:parse_config": "parse_words_with: find what reads the words behind --config",
    "snakemake.common:overwrite_function_params": "per_job: return the function as it is, and run make bench",
    "snakemake.common.tbdstring:TBDString": "undetermined: raise FileNotFoundError with the file that will tell",
    "snakemake.common.configfile:load_configfile": "check_configfiles: find what reads the files of --configfile",
    "snakemake.settings.types:load_configfile": "check_configfiles: find what reads the files of --configfile",
    "snakemake.exceptions:MissingRuleException": "missing_target: find the error of a target that no rule makes",
    "snakemake.jobs:Job.shellcmd": "hasten_printing: find what formats the command of a job, or drop it",
    "snakemake.jobs:Job.log_info": "hasten_printing: find what prints a job, or drop it",
    "snakemake.jobs:Job.format_wildcards": "hasten_printing: find what formats the texts of a job, or drop it",
    "snakemake.jobs:format": "hasten_printing: find what puts the values into a text, or drop it",
    "snakemake.logging:DefaultFormatter.format": "described_choice: find what words the lines of --debug-dag",
    "snakemake.report.html_reporter:Reporter.__post_init__": "find_stylesheet_from: find what reads the style sheet",
    "snakemake.resources:Resource.evaluate": "hasten_resources: find what calls the functions of resources, or drop it",
    "snakemake.resources:Resource.parse_human_friendly": "amount: read sizes with humanfriendly, as Snakemake does",
    "snakemake.workflow:Workflow.is_main_process": "configures: find how a job of a run differs from the run",
    "snakemake.workflow:Workflow.modifier": "configures: find how a module learns that its configuration is given",
    "snakemake.workflow:Workflow.remote_exec": "is_job: find how Snakemake knows that it is inside of a job",
    "snakemake.workflow:Workflow.local_exec": "runs_here: find how Snakemake knows that its jobs run on this machine",
    "snakemake.workflow:Workflow.dag": "commands_here: find the jobs of a run that is about to begin",
    "snakemake.dag:DAG.needrun_jobs": "commands_here: find those that are not done",
    "snakemake.workflow:Workflow.touch": "only_touches: find how `snakemake --touch` is told from a run",
    "snakemake.workflow:Workflow.persistence": "made_otherwise: find where Snakemake keeps its notes of a run",
    "snakemake.scheduling.job_scheduler:JobScheduler.exit_gracefully": "on_sigterm: find what handles a SIGTERM",
    "snakemake.dag:DAG.bfs": "_look_behind_ancient_inputs: find what skips the jobs behind one that runs",
    "snakemake.dag:DAG.in_omitfrom": "_look_behind_ancient_inputs: find how --omit-from walks the jobs",
    "snakemake.exceptions:LockException": "is_locked: find the error of a folder that is locked",
    "snakemake.io:_IOFile.exists": "let_data_come_back: find what asks whether an input is there",
    "snakemake.io:_IOFile.mtime_uncached": "let_data_come_back: find what asks for the time of an input",
    "snakemake.io:Mtime": "let_data_come_back: find what Snakemake takes for a time",
    "snakemake.io:IOFile": "made_otherwise: find what notes of a file are kept by",
    "snakemake.io:ancient": "waits_for: find how an input's time is made not to count",
    "snakemake.io:flag": "waits_for: find how a word is tied to an input",
    "snakemake.io:is_flagged": "waits_for: find how that word is asked for",
    "snakemake.persistence:PersistenceBase._input": "waits_for: find what notes the inputs of a job",
    "snakemake.persistence:PersistenceBase.params": "made_otherwise: find what tells the parameters noted of a file",
}
SET_BY = {
    "snakemake.jobs:Job.__init__ _format_wildcards": "OF_A_JOB: find the wildcards as messages show them",
    "snakemake.workflow:Workflow.__post_init__ globals": "set_configuration: find where rules see their configuration",
    "snakemake.dag:DAG.__init__ depending": "_look_behind_ancient_inputs: find where a job has those that need it",
    "snakemake.modules:WorkflowModifier.__init__ skip_configfile": "configures: find how modules are configured",
    "snakemake.workflow:Workflow.__post_init__ configfiles": "set_configuration: find which files were used",
    "snakemake.settings.types:ConfigSettings.__post_init__ configfiles": "given_configuration: find the files",
    "snakemake.settings.types:ConfigSettings.__post_init__ config_args": "given_configuration: find what jobs are told",
    "snakemake.settings.types:ConfigSettings.__post_init__ overwrite_config": "set_configuration: find what goes over",
}
FIELDS = {
    "snakemake.workflow:Workflow dag_settings": "targets: find where the targets of the command line went",
    "snakemake.workflow:Workflow output_settings": "report_ends: find what --quiet sets",
    "snakemake.workflow:Workflow config_settings": "given_configuration: find where the command line's files went",
    "snakemake.settings.types:ConfigSettings replace_workflow_config": "given_configuration: find that option's name",
}
TEXTS = {
    '"Target rules may not contain wildcards': ("dag.py", "is_target_of_many: find how it begins now"),
    '"_nodes"': ("resources.py", "NOT_ASKED_OF_SLURM: find what Snakemake adds to a job's resources by itself"),
}
PROPERTIES = {path.rpartition(".")[2] for path in NAMES if path.startswith("snakemake.workflow:Workflow.")}


@pytest.mark.parametrize("path", NAMES)
def test_it_is_there(path: str) -> None:
    try:
        resolve_name(path)
    except (ImportError, AttributeError) as error:
        pytest.fail(f"{error}; {NAMES[path]}")


@pytest.mark.parametrize("path", SET_BY)
def test_an_attribute_is_set(path: str) -> None:
    place, attribute = path.split()
    assert attribute in resolve_name(place).__code__.co_names, SET_BY[path]


@pytest.mark.parametrize("path", FIELDS)
def test_a_field_is_there(path: str) -> None:
    place, field = path.split()
    assert field in resolve_name(place).__dataclass_fields__, FIELDS[path]


@pytest.mark.parametrize("text", TEXTS)
def test_a_word_is_said(text: str) -> None:
    import snakemake

    file, advice = TEXTS[text]
    assert text in (Path(snakemake.__path__[0]) / file).read_text(encoding="utf-8"), advice


def test_the_parameters_of_a_function_are_noted() -> None:
    from snakemake.common import get_function_params

    def function(wildcards: Any, attempt: int) -> None: ...

    noted = internals.per_job(function).__dict__
    assert noted, NAMES["snakemake.common:overwrite_function_params"]
    assert list(get_function_params(function)) == ["wildcards", "attempt"]
    assert get_function_params(function) is next(iter(noted.values())), "Snakemake looks there first"


ENDING = """
import atexit, gc
from practica.plan.wiring import prepare_jobs

atexit.register(lambda: print(len(gc.get_objects())))  # registered first, called last
prepare_jobs(on_cluster=False)
plan = [[] for _ in range(10_000)]
"""


def test_a_plan_is_not_searched_for_garbage_when_snakemake_ends() -> None:
    process = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, check=True)
    assert int(process.stdout) < 10_000


def test_the_commands_of_the_jobs_that_are_about_to_run_here_are_known() -> None:
    def job(shell: str | None, threads: int) -> SimpleNamespace:
        return SimpleNamespace(rule=SimpleNamespace(shellcmd=shell), threads=threads)

    train = "python -m practica train --threads {threads} > {log}"
    jobs = [job(train, 1), job(train, 2), job("python -m practica rehearse --processes {threads}", 4), job(None, 1)]
    workflow = SimpleNamespace(local_exec=True, dag=SimpleNamespace(needrun_jobs=lambda: jobs))
    assert internals.commands_here(workflow) == {("train", 1), ("train", 2), ("rehearse", 1)}
    workflow.local_exec = False
    assert internals.commands_here(workflow) == set()


QUICK, BY_SNAKEMAKE = "quick", "by Snakemake"
TEXTS_OF_A_JOB = {
    "Training {wildcards.exercise}/{wildcards.variant}": QUICK,
    "run {params.run[0]:q} {params.run} on {threads} for {resources.runtime} > {log:q} {{kept}} {input}": QUICK,
    "{params.run[0]:>{threads}}": QUICK,
    "nothing": QUICK,
    "{rule} of {MINE} is job {jobid}": BY_SNAKEMAKE,
    "{params.run[0]:>{MINE}}": BY_SNAKEMAKE,
    "{wildcards.nothing}": BY_SNAKEMAKE,
    "{nothing}": BY_SNAKEMAKE,
    "{exercise}": BY_SNAKEMAKE,
    "{} and {0}": BY_SNAKEMAKE,
    "a } b": BY_SNAKEMAKE,
    "{input": BY_SNAKEMAKE,
    "{input.{output}}": BY_SNAKEMAKE,
}
"""Texts of messages and commands, and who formats them."""


def job() -> Any:
    """Return what Snakemake formats the texts of a job with."""
    from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, ResourceList, Wildcards

    rule = SimpleNamespace(name="train", workflow=SimpleNamespace(globals={"MINE": "9", "threads": 9}), lineno=1)
    return SimpleNamespace(
        input=InputFiles(["a b", "c"]),
        output=OutputFiles(["out"]),
        params=Params(fromdict={"run": ["it's", 2]}),
        _format_wildcards=Wildcards(fromdict={"exercise": "steps", "variant": "dense"}),
        wildcards=None,
        threads=7,
        resources=ResourceList(fromdict={"runtime": 60}),
        log=Log(["a log"]),
        jobid=3,
        name="train",
        rule=rule,
    )


@pytest.fixture
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Restore Snakemake's own job after the test."""
    from snakemake.jobs import Job

    for name in ("shellcmd", "log_info", "format_wildcards"):
        monkeypatch.setattr(Job, name, getattr(Job, name))
    return monkeypatch


@pytest.mark.parametrize("text", TEXTS_OF_A_JOB)
@pytest.mark.parametrize("variables", [{}, {"threads": 5, "text": "T"}])
def test_a_text_of_a_job_says_what_snakemake_would_say(
    as_it_was: pytest.MonkeyPatch, text: str, variables: dict[str, Any]
) -> None:
    from snakemake.jobs import Job

    a_job, calls = job(), []

    def outcome() -> tuple[str, str]:
        try:
            return "text", Job.format_wildcards(a_job, text, **variables)
        except Exception as error:
            return type(error).__name__, str(error)

    before, own = outcome(), Job.format_wildcards

    def counted(job: Any, text: str, /, **more: Any) -> Any:
        calls.append(text)
        return own(job, text, **more)

    as_it_was.setattr(Job, "format_wildcards", counted)
    internals.hasten_printing.__wrapped__()
    assert outcome() == before
    assert calls == ([] if TEXTS_OF_A_JOB[text] == QUICK and not variables else [text])


def test_the_command_of_a_job_is_formatted_once_to_print_it(as_it_was: pytest.MonkeyPatch) -> None:
    from snakemake.jobs import Job

    asked: list[str] = []
    shown: list[str] = []

    class Mine(Job):
        def __init__(self, command: str) -> None:
            self.command = command

    def log_info(job: Mine, indent: bool = False) -> None:
        shown.extend([job.shellcmd, job.shellcmd])
        if job.command == "broken":
            raise ValueError

    as_it_was.setattr(Job, "shellcmd", property(lambda job: asked.append(job.command) or job.command))
    as_it_was.setattr(Job, "log_info", log_info)
    internals.hasten_printing.__wrapped__()
    one, other = Mine("one"), Mine("broken")
    one.log_info(indent=True)
    assert (asked, shown) == (["one"], ["one", "one"])
    with pytest.raises(ValueError):
        other.log_info()
    one.command = other.command = "changed"
    assert one.shellcmd == other.shellcmd == "changed", "kept only while the job is printed"


def test_configuration_files_are_seen_wherever_snakemake_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from snakemake.common import configfile
    from snakemake.settings import types

    for module in (configfile, types):
        monkeypatch.setattr(module, "load_configfile", module.load_configfile)
    file = tmp_path / "config.yaml"
    file.write_text("seeds: 3\n")
    seen: list[Any] = []
    internals.check_configfiles(seen.append)
    internals.check_configfiles(seen.append)
    assert types.ConfigSettings(configfiles=[file]).overwrite_config == {"seeds": 3}
    assert configfile.load_configfile(file) == {"seeds": 3}
    assert seen == [file, file], "each is seen once, however often the check is put in"


def test_the_configuration_is_taken_and_given_back(tmp_path: Path) -> None:
    from snakemake.settings.types import ConfigSettings

    file = tmp_path / "one.yaml"
    file.write_text("seeds: 1\n")
    settings = ConfigSettings(config={"seeds": 2}, configfiles=[file])
    workflow = SimpleNamespace(config_settings=settings, configfiles=[], globals={})
    given = internals.given_configuration(workflow)
    assert (given.files, given.alone) == ([file], False)
    assert [word.split("=")[0] for word in given.words] == ["seeds"]
    internals.set_configuration(workflow, [Path("two.yaml")], ["seeds=3"], {"seeds": 3})
    assert workflow.configfiles == settings.configfiles == [Path("two.yaml")]
    assert (settings.config_args, settings.overwrite_config) == (["seeds=3"], {"seeds": 3})


def test_errors_are_seen_before_they_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    from snakemake.api import SnakemakeApi
    from snakemake.exceptions import MissingRuleException

    message: list[Any] = []
    monkeypatch.setattr(SnakemakeApi, "print_exception", lambda api, error: message.append("printed"))
    internals.see_exceptions(message.append)
    error = MissingRuleException("nothing.txt")
    SnakemakeApi.print_exception(None, error)
    assert message == [error, "printed"]
    assert internals.missing_target(ValueError("x")) is None
    text = str(internals.missing_target(error))
    assert text.endswith("nothing.txt"), "missing_target: find where the words for people end"


@pytest.mark.parametrize("text", ["jobbs: 3", "default-resources: {mem_mb: -1}"])
def test_profiles_that_snakemake_refuses_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    import snakemake.cli

    (tmp_path / "config.yaml").write_text(text)
    monkeypatch.setattr(snakemake.cli, "get_argument_parser", internals._own_parser())
    seen: list[Any] = []
    internals.see_refused_profiles(seen.append)
    with pytest.raises((SystemExit, Exception)):
        snakemake.cli.get_argument_parser(profiles=[str(tmp_path)]).parse_args([])
    assert seen == [[str(tmp_path)]], NAMES["snakemake.cli:get_argument_parser"]


def test_sizes_are_read_as_snakemake_reads_them() -> None:
    assert internals.amount("mem", "4 GB") == 4000
    assert internals.amount("runtime", "2h") == 120
    with pytest.raises(Exception, match="could not be parsed"):
        internals.amount("runtime", "long")


def test_what_is_missing_behind_an_ancient_input_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that were prepared again used to hide missing trainings and other files until the next run."""
    import snakemake.workflow  # noqa: F401 - before its parts
    from snakemake.dag import DAG

    Input = namedtuple("Input", "is_ancient")
    monkeypatch.setattr(DAG, "bfs", DAG.bfs)
    internals._look_behind_ancient_inputs.__wrapped__()
    file, old = Input(False), Input(True)
    depending = {"data": {"train": {old}, "show": {file, old}}, "train": {"collect": {file}}, "show": {}, "collect": {}}

    def walked(job: str, **changes: Any) -> list[str]:
        dag = SimpleNamespace(depending=depending, in_omitfrom=lambda job: job == changes.get("omitted"))
        return list(DAG.bfs(dag, changes.get("direction", depending), job))

    assert walked("data") == ["data", "show"]
    assert walked("train") == ["train", "collect"]
    assert walked("data", omitted="data") == ["data", "train", "show", "collect"]
    assert walked("data", direction=dict(depending)) == ["data", "train", "show", "collect"]


def test_vega_comes_with_snakemake() -> None:
    assert "vega" in internals.asset("vega/vega.js")[:1000].lower(), NAMES["snakemake.assets:Assets.get_content"]


def modules() -> list[Path]:
    return [path for folder in ("workflow", "bench") for path in sorted((ROOT / folder).rglob("*.py")) if path != HOME]


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, also inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def spoken(path: Path) -> set[str]:
    """Return the attributes that a file uses, and its texts, which ``getattr`` might use."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_snakemake_is_imported_in_one_file() -> None:
    assert any(name.startswith("snakemake.") for name in imported(HOME))
    for path in modules():
        assert not {name for name in imported(path) if name.split(".")[0] == "snakemake"}, f"{path}: move it to {HOME}"


def test_what_is_no_import_stands_there_too() -> None:
    private = {path.split()[-1] for path in [*SET_BY, *FIELDS]} | PROPERTIES
    private -= {"configfiles", "replace_workflow_config", "globals"}  # words of the command line and of Python, too
    assert private - spoken(HOME) == set(), "named here, and not used any more"
    for path in modules():
        assert not spoken(path) & private, f"{path}: move it to {HOME}"


def test_every_import_of_that_file_is_named_here() -> None:
    tree = ast.parse(HOME.read_text(encoding="utf-8"))
    nodes = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and str(node.module).startswith("snake")
    ]
    used = {f"{node.module}:{alias.name}" for node in nodes for alias in node.names}
    assert used <= {re.sub(r"\.\w+$", "", path) if "." in path.partition(":")[2] else path for path in NAMES}


def test_the_rules_ask_the_workflow_for_nothing() -> None:
    """They only pass it on: ``workflow.basedir`` and the like would be more undocumented names that no test checks."""
    asks: Callable[[str], list[str]] = re.compile(r"(?<![\w/\"'.])workflow\.(?!smk)\w+").findall
    for path in (ROOT / "Snakefile", ROOT / "workflow/Snakefile", *sorted((ROOT / "workflow/rules").glob("*.smk"))):
        assert not asks(path.read_text(encoding="utf-8")), f"{path}: write a function in {HOME}"
