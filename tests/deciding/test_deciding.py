"""Undecided claims get seeds as long as the budget lasts, and their needs are predicted."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evidence.factory import make_study, write_block
from practica.cli.deciding import _how, _seconds, outlook_lines
from practica.config import extra_seeds
from practica.config.study import Study
from practica.deciding import rounds
from practica.deciding.outlook import Outlook, foresee, new_seeds, next_round, outlooks
from practica.deciding.rounds import Rounds
from practica.errors import InputError, RunError
from practica.evidence.collect import collect
from practica.evidence.estimates import ALPHA, MEAN
from practica.evidence.rules import CONFIRMED, UNDECIDED, rule_of
from practica.evidence.verdicts import write_claims
from practica.files import read_checked
from practica.launch.merging import SNAKEFILE, Merged
from toy import TOY

DENSE, CONV = ("steps", "dense"), ("steps", "conv")


def part(values: list[float], rule: Mapping[str, float], smallest: float = 0.005, **fields: Any) -> dict[str, Any]:
    """Return an undecided part of claims.json that compares the two nets."""
    side = {"quantity": "steps/conv/test/accuracy", "source": None, "estimate": None, "seeds": len(values)}
    return {
        "name": "accuracy",
        "verdict": UNDECIDED,
        "cause": "straddles",
        "reason": "",
        "kind": "difference",
        "of": side,
        "other": {**side, "quantity": "steps/dense/test/accuracy"},
        "rule": dict(rule),
        "smallest": smallest,
        "estimate": {"scale": MEAN, "n": len(values)},
        "by_seed": {str(seed): value for seed, value in enumerate(values)},
        **fields,
    }


NOISY = [0.03, -0.01, 0.02, 0.0, 0.03]


@pytest.mark.parametrize("rivals", [1, 20])
def test_as_many_seeds_are_foreseen_as_decide_if_they_repeat_those_there_are(rivals: int) -> None:
    needed = foresee(part(NOISY, {"above": 0}), rivals)
    assert needed is not None

    def p(n: int) -> float:
        values = np.resize(NOISY, n)
        return min(rule_of("above", 0, 0.005).p_values(values, values, MEAN, sequential=True)) * rivals

    assert p(needed) < ALPHA <= p(2 * needed // 3)


def test_more_rivals_and_more_noise_take_more_seeds() -> None:
    alone, among = (foresee(part(NOISY, {"above": 0}), rivals) for rivals in (1, 20))
    wild = foresee(part([3 * value - 0.028 for value in NOISY], {"above": 0}))
    assert alone is not None and among is not None and wild is not None
    assert 5 < alone < among
    assert alone < wild


def test_seeds_that_agree_take_more_of_them() -> None:
    by_chance = foresee(part([0.5] * 3, {"above": 0}))
    assert by_chance is not None and by_chance > 5


def test_an_effect_on_the_bound_has_no_end() -> None:
    assert foresee(part([0.02, -0.02, 0.01, -0.01], {"within": 0.0}, 0.0)) is None


def test_what_repeats_no_seed_or_is_unequal_is_not_given_any() -> None:
    study = make_study({"steps": ["dense", "conv"]})
    timed = part(NOISY, {"at_least": 2})
    timed["of"] = {**timed["of"], "quantity": "steps/conv/timing/ms_per_epoch"}
    parts = [timed, part([], {"above": 0}, cause="unequal", reason="epochs 3 / 4", estimate=None)]
    result = outlooks({"claims": [{"id": "steps-a", "parts": parts}]}, study, {})
    assert [each.open for each in result] == [False, False]
    assert "timing.repetitions" in outlook_lines(result)[0]
    assert "epochs 3 / 4" in outlook_lines(result)[1]
    assert next_round(study, result, {DENSE: 1.0, CONV: 1.0}, 1e6) == {}


def test_both_sides_get_the_same_seeds_in_whole_jobs() -> None:
    study = make_study({"steps": ["dense", "conv"]}, seeds=3, seeds_per_job=3)
    assert new_seeds(study, {}, [DENSE, CONV], 4) == {DENSE: {3, 4, 5}, CONV: {3, 4, 5}}
    assert new_seeds(study, {CONV: {3, 4, 5}}, [DENSE, CONV], 6) == {DENSE: {3, 4, 5}, CONV: set()}
    config = {**study.config, "exercises": {"steps": {**study.config["exercises"]["steps"]}}}
    config["exercises"]["steps"]["variants"] = {"dense": {"seeds": 50}, "conv": {}}
    assert new_seeds(Study(config), {}, [DENSE, CONV], 6) == {DENSE: set(), CONV: {3, 4, 5}}


def test_a_round_takes_what_is_cheap_first_and_stays_within_its_time() -> None:
    study = make_study({"steps": ["dense", "conv"]}, seeds=4)
    cheap = Outlook("a", UNDECIDED, (DENSE,), 4, target=6, seconds=2.0)
    dear = Outlook("b", UNDECIDED, (DENSE, CONV), 4, target=40, seconds=3600.0)
    cost = {DENSE: 1.0, CONV: 100.0}
    assert next_round(study, [dear, cheap], cost, 5.0) == {DENSE: {4, 5}}
    # At most twice as many as there are: forecasts from few seeds are rough.
    assert next_round(study, [dear, cheap], cost, 1e6) == {DENSE: {4, 5, 6, 7}, CONV: {4, 5, 6, 7}}
    assert next_round(study, [dear, cheap], cost, 1.5) == {DENSE: {4}}
    assert next_round(study, [dear, cheap], cost, 0.5) == {}
    assert next_round(study, [Outlook("c", CONFIRMED, (DENSE,), 4)], cost, 1e6) == {}


def test_added_seeds_lie_over_the_configuration_and_under_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = (
        f"study: {TOY}\nseeds: 3\nexercises: {{steps: {{dataset: walks, variants: {{dense: {{}}, conv: {{}}}}}}}}\n"
    )
    Path("config.yaml").write_text(config, encoding="utf-8")
    file = Path("results") / extra_seeds.FILE
    extra_seeds.write(file, {DENSE: [3, 4, 5, 9], ("steps", "gone"): [7]})
    assert "  dense: 3-5,9\n" in file.read_text(encoding="utf-8")
    merged = Merged(("config.yaml",))
    assert str(merged) == "config.yaml, results/decide/seeds.yaml"
    study = Study.resolve(merged.read())
    assert (study.seeds(*DENSE), study.seeds(*CONV)) == ((0, 1, 2, 3, 4, 5, 9), (0, 1, 2))
    assert study.sequential
    assert Study.resolve(Merged(("config.yaml",), ("seeds=2",)).read()).seeds(*DENSE) == (0, 1)
    demonstration = Study.resolve(Merged(("config.yaml",), ("demonstration=true",)).read())
    assert (demonstration.seeds(*DENSE), demonstration.sequential) == ((0, 1, 2), False)
    file.write_text("steps: 3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"seeds\.yaml does not hold seeds"):
        merged.read()


class Trained:
    """Replace Snakemake: write, collect and judge blocks immediately, at most ``most`` at a time."""

    def __init__(self, merged: Merged) -> None:
        self.merged, self.calls, self.last, self.most, self.fails = merged, 0, 1000, 1000, False

    def __call__(self, seconds: float | None) -> bool:
        self.calls += 1
        study = Study.resolve(self.merged.read())
        new = [block for block in study.blocks() if not (block.folder(study.results) / "metrics.json").is_file()]
        if new and self.calls >= self.last:
            return False
        for block in new[: self.most]:
            write_block(block, study.results)
        if self.fails and new:
            raise RunError("a run failed")
        if len(new) > self.most:
            return False
        collect(study, study.results)
        write_claims(study, study.results)
        return True


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Rounds, Trained, list[str]]]:
    """Return a function that makes rounds in a folder with a finished study of two nets."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(
        f"study: {TOY}\nseeds: 3\nexercises:\n  steps: {{dataset: walks, variants: {{dense: {{}}, conv: {{}}}}}}\n",
        encoding="utf-8",
    )

    def made(budget: float = 1e6, *, run: bool = True) -> tuple[Rounds, Trained, list[str]]:
        merged, lines = Merged(("config.yaml",)), []
        trained = Trained(merged)
        if run:
            trained(None)
        rounds_of = Rounds(merged, [], budget, lines.append)
        monkeypatch.setattr(Rounds, "_snakemake", lambda _, seconds: trained(seconds))
        return rounds_of, trained, lines

    return made


def test_rounds_go_on_and_are_judged_by_confidence_sequences(world: Any) -> None:
    rounds_of, trained, lines = world()
    trained.last = 5
    result = rounds_of.run()
    assert [line for line in lines if "undecided" in line] == lines[::3]
    assert read_checked(Path("results/claims.json"), "claims")["sequential"] is True
    assert max(each.n for each in result) == 12, "twice as many in each of two rounds"


def test_without_time_nothing_is_given_and_it_says_what_is_needed(world: Any) -> None:
    rounds_of, _, lines = world(budget=0.0)
    result = rounds_of.run()
    assert lines[-1] == "the rest of the budget is too small for more seeds"
    assert extra_seeds.read(Path("results") / extra_seeds.FILE) == {}
    assert any("seeds would decide it" in line for line in outlook_lines(result))


def test_the_end_of_the_budget_cancels_what_snakemake_leaves_in_slurm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[object] = []

    class Endless:
        def __init__(self, command: list[str], env: Mapping[str, str]) -> None:
            events.append("snakemake")

        def wait(self, seconds: float | None = None) -> int:
            if seconds is not None:
                raise subprocess.TimeoutExpired("snakemake", seconds)
            return 1

        def terminate(self) -> None:
            events.append("SIGTERM")

    def cancel(command: list[str], **options: Any) -> None:
        events.append(command)

    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(
        f"study: {TOY}\nexercises: {{steps: {{dataset: walks, variants: {{dense: {{}}}}}}}}\n", encoding="utf-8"
    )
    monkeypatch.setattr(rounds.subprocess, "Popen", Endless)
    monkeypatch.setattr(rounds.subprocess, "run", cancel)
    monkeypatch.setattr(rounds, "left_at_work", lambda: ["7", "9"])
    assert not Rounds(Merged(("config.yaml",)), [], 0.0, events.append)._snakemake(0.0)
    assert events[0] == "snakemake" and events[-2:] == ["SIGTERM", ["scancel", "7", "9"]]


def test_seeds_that_are_not_trained_in_time_are_withdrawn_and_given_again(world: Any) -> None:
    rounds_of, trained, _ = world()
    trained.most = 1
    rounds_of.run()
    given = extra_seeds.read(Path("results") / extra_seeds.FILE)
    few = sum(len(seeds) for seeds in given.values())
    study = Study.resolve(rounds_of.merged.read())
    assert all(rounds.finished(block, study.results) for block in study.blocks())
    trained.most, trained.last = 1000, trained.calls + 3
    rounds_of.run()
    assert sum(len(seeds) for seeds in extra_seeds.read(Path("results") / extra_seeds.FILE).values()) > few


def test_what_a_failed_run_leaves_is_whole(world: Any) -> None:
    rounds_of, trained, _ = world()
    trained.most, trained.fails = 1, True
    with pytest.raises(RunError):
        rounds_of.run()
    study = Study.resolve(rounds_of.merged.read())
    assert all(rounds.finished(block, study.results) for block in study.blocks())


def test_only_a_study_that_has_run_whole_is_decided(world: Any) -> None:
    with pytest.raises(InputError, match="6 blocks, such as steps/dense/s0, are not trained yet"):
        world(run=False)[0].run()
    rounds_of = world()[0]
    study = Study.resolve(rounds_of.merged.read())
    (study.blocks()[-1].folder(study.results) / "metrics.json").unlink()
    with pytest.raises(InputError, match=r"^steps/conv/s2 is not trained yet: .*steps\.variants\.conv: null"):
        rounds_of.run()
    for word, text in (
        ("demonstration=true", "a demonstration decides nothing"),
        ("partial=true", "partial trains nothing"),
        ("seeds=4", "would override added seeds"),
    ):
        with pytest.raises(InputError, match=text):
            Rounds(Merged(("config.yaml",), (word,)), [], 1.0, print).run()


def test_the_command_line_reaches_snakemake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = ["--snakefile", str(SNAKEFILE)]
    merged, options = _how(("config.yaml", "mine.yaml", "only=steps"), ())
    assert options == [*project, "--cores", "all", "--configfile", "mine.yaml", "--config", "only=steps"]
    merged, options = _how((), ("--cores", "2", "--configfile", "mine.yaml"))
    assert merged.files == ("config.yaml", "mine.yaml")
    assert options == [*project, "--cores", "2", "--configfile", "mine.yaml"]
    with pytest.raises(InputError, match="there, too: --configfile FILE"):
        _how(("mine.yaml",), ("--cores", "2"))
    assert [_seconds(text) for text in ("90s", "45min", "2h", "1.5d")] == [90, 2700, 7200, 129600]
    for text in ("2", "h", "2 weeks"):
        with pytest.raises(InputError, match="--budget"):
            _seconds(text)
