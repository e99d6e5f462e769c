"""The PDF, made by a real LaTeX."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from paper.conftest import needs_latex
from paper.factory import ROOT, fill, one_exercise, write_failure
from practica.config import citation
from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError, RunError
from practica.evidence.collect import collect
from practica.figures.catalogue import figures_for, spec
from practica.files import read_json, write_json
from practica.paper.appendix import _origin, provenance
from practica.paper.catalogue import tables_for
from practica.paper.document import _overview, build
from practica.paper.facts import Facts
from practica.paper.findings import colophon, findings, judged
from practica.paper.origins import RULES, origins_section
from practica.yamlfiles.overlay import merge
from toy import CONFIG, copied, resolve

pytestmark = needs_latex
COMMANDS = ("origin", "hypertarget")
WHOLE = ("fig_overview", "fig_claims")


def text_of(pdf: Path, *, page: int | None = None) -> str:
    pages = [] if page is None else ["-f", str(page), "-l", str(page)]
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: apt-get install poppler-utils")
    process = subprocess.run(["pdftotext", *pages, str(pdf), "-"], capture_output=True, text=True, check=True)
    return " ".join(process.stdout.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture(scope="module")
def pdf(toy: Study, results: Path) -> Path:
    return build(toy, results, "es")


def own_prose(study: Study, tmp_path: Path, **sections: str) -> Study:
    """Return the study with a copy of its folder in which some sections are replaced."""
    folder = copied(tmp_path / "study")
    for name, text in sections.items():
        path = folder / "intro.es.tex" if name == "intro" else folder / name / "es.tex"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return Study({**study.config, "study": str(folder)})


def test_a_setting_of_the_study_is_said_in_its_words(tmp_path: Path) -> None:
    folder = own_prose(one_exercise(), tmp_path).folder
    declared = "settings:\n  shine: {description: Light., role: net, type: number, words: {es: 'un brillo de {}'}}\n"
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    (folder / "study.yaml").write_text(text.replace("settings:\n", declared, 1), encoding="utf-8")
    dense = {"settings": {"shine": 0.7}}
    config = merge(read_config([CONFIG]), {"exercises": {"steps": {"variants": {"dense": dense}}}})
    study = Study.resolve({**config, "study": str(folder), "only": "steps", "seeds": 2})
    fill(study, tmp_path / "results")
    assert "6 épocas y un brillo de 0,7" in text_of(build(study, tmp_path / "results", "es"))


def test_the_report_holds_every_exercise_and_its_numbers(pdf: Path) -> None:
    text = text_of(pdf)
    assert pdf.name == "informe.pdf"
    for words in (
        "Escalones: red densa y red convolucional",
        "Dos lunas con agujeros",
        "0,901 ± 0,001",
        "(la fuente informa 0,95)",
        "16 140 parámetros",
    ):
        assert words in text
    for words in ("[falta", "STAND-IN", "??"):
        assert words not in text


def test_a_local_mirror_is_told_by_its_files_not_its_folders() -> None:
    for origin, message in {
        "mirror: /srv/data/mnist.npz": "mirror: mnist.npz",
        "mirror: https://example.org/data/mnist.npz": "mirror: https://example.org/data/mnist.npz",
        "computed: x(t) = 4 x(t-1) / 2": "computed: x(t) = 4 x(t-1) / 2",
        "": "",
    }.items():
        assert _origin(origin, "en") == message


def test_source_s_figures_and_tables_keep_their_numbers(pdf: Path) -> None:
    text = text_of(pdf)
    for name in (
        "Figura 1:",
        "Figura 3:",
        "Figura 5:",
        "Tabla 2:",
        "Figura E1:",
        "Tabla E1:",
        "Tabla E2:",
    ):
        assert text.count(name) == 1, name


def test_the_appendix_says_where_results_come_from(pdf: Path) -> None:
    text = text_of(pdf)
    for words in ("0123456789abcdef (con cambios sin registrar)", "TensorFlow 2.21.0", "node_1", "huella f00dwalks"):
        assert words in text


def test_every_figure_and_table_leads_to_its_files_rule_and_commit(pdf: Path, toy: Study) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (pdf.parent / "paper/es").glob("*.tex"))
    marks, targets = (re.findall(rf"\\{command}\{{(?:origin:)?([a-z]\w+)\}}", sources) for command in COMMANDS)
    assert set(marks) == set(targets) and len(targets) == len(set(targets))
    figures = {name for name in figures_for(toy) if (pdf.parent / f"figures/{name}.pdf").is_file()}
    assert {*figures, "fig_overview", "fig_claims"} <= set(targets)
    rows = {row[1]: row[0] for row in re.finditer(r"hypertarget\{origin:(\w+)\}.*", sources)}
    assert len(rows) == len(targets)
    for name, row in rows.items():
        files = re.findall(r"\\href\{([^}]+)\}", row)
        assert files and "0123456789" in row and f"& {'figure' if name in (*figures, *WHOLE) else 'table'} &" in row
        assert files[0] == f"{'figures' if name in (*figures, *WHOLE) else 'tables'}/{name}.csv"
        assert all((pdf.parent / file).is_file() for file in files if not file.startswith("tables/")), row


@pytest.mark.parametrize(("count", "counted"), [(3, False), (4, True)])
def test_many_commits_are_counted_where_they_are_all_of_the_study(count: int, counted: bool, tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path)
    runs = pd.concat([pd.read_csv(tmp_path / "runs.csv", dtype=str).iloc[:1]] * count)
    runs["commit"] = [f"{place}123456789abcdef" for place in range(len(runs))]
    runs["dirty"] = "False"
    runs.to_csv(tmp_path / "runs.csv", index=False)
    rows = origins_section(Facts(study, tmp_path, "en"))
    assert (f"all {count} in ``Provenance and timings''" in rows) == counted
    assert ("0123456789, 1123456789" in rows) != counted


def test_commits_and_rules_lead_to_the_repository_that_the_citation_names(
    toy: Study, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "CITATION.cff"
    monkeypatch.setattr(citation, "FILE", file)
    facts = Facts(toy, results, "es")
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for address, link in (
        (
            "https://example.org/team/code.git",
            r"\href{https://example.org/team/code/commit/0123456789abcdef0123}{0123456789}",
        ),
        ("https://example.org/PLACEHOLDER", None),
        ("", None),
    ):
        file.write_text(re.sub("repository-code: .*", f"repository-code: {address}", text), encoding="utf-8")
        rows = origins_section(facts)
        assert (link is not None) == ("/commit/" in rows)
        assert "0123456789" in rows and (link is None or link in rows)
        for kind, path in RULES.items():
            assert f"rule {kind}:\n" in (ROOT / path).read_text(encoding="utf-8")
            blob = rf"\href{{https://example.org/team/code/blob/0123456789abcdef0123/{path}}}{{{kind}}}"
            assert (blob in rows) == (link is not None)


def test_nothing_sticks_out_of_the_page_and_nothing_is_undefined(pdf: Path) -> None:
    log = (pdf.parent / "paper" / "es" / "informe.log").read_text(errors="replace")
    assert re.findall(r"Overfull .*|.*undefined.*|.*multiply defined.*|.*same identifier.*", log) == []


def test_equal_results_give_equal_bytes(tmp_path: Path) -> None:
    study = one_exercise()
    documents = []
    for place in ("one", "another place"):
        fill(study, tmp_path / place)
        documents.append(build(study, tmp_path / place, "es").read_bytes())
    assert documents[0] == documents[1]
    # The report is the same where an earlier one exists, even a damaged one.
    aux = tmp_path / "one" / "paper" / "es" / "informe.aux"
    aux.write_text(aux.read_text()[: aux.stat().st_size // 2])
    assert build(study, tmp_path / "one", "es").read_bytes() == documents[0]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    """Return a configuration of 60 variants with long names, and their results; every net has layers of its own."""
    config = dict(one_exercise("steps").config)
    steps = config["exercises"]["steps"]
    names = [f"a_variant_with_quite_a_long_name_{number:02}" for number in range(58)]
    variants = steps["variants"] | {
        name: {"model": "dense", "settings": {"units": [number + 4]}} for number, name in enumerate(names)
    }
    config["exercises"] = {"steps": {**steps, "variants": variants}}
    folder = tmp_path_factory.mktemp("many")
    study = resolve(config)
    fill(study, folder)
    nets = read_json(folder / "models.json")
    for number, net in enumerate(nets.values()):
        net["layers"] = [{**net["layers"][0], "parameters": number}]
    write_json(folder / "models.json", nets)
    return config, folder


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize(("language", "figure", "table"), [("es", "Figura", "Tabla"), ("en", "Figure", "Table")])
def test_sixty_variants_build(many: tuple[dict, Path], columns: int, language: str, figure: str, table: str) -> None:
    config, folder = many
    study = resolve({**config, "report": {"languages": ["es", "en"], "columns": columns}})
    pdf = build(study, folder, language)
    text = text_of(pdf)
    assert len(study.variants("steps")) == 60
    log = (folder / "paper" / language / f"{pdf.stem}.log").read_text(errors="replace")
    assert not re.search(r"undefined|multiply defined|same identifier|Float too large", log)
    assert (r"[{\setcounter" in (folder / "paper" / language / f"{pdf.stem}.tex").read_text()) == (columns == 2)
    # 58 figures not placed by prose, 58 tables of layers in the appendix, and a row for each in the table of scores.
    assert len(set(re.findall(rf"{figure} E\d+:", text))) >= 58
    assert len(set(re.findall(rf"{table} E\d+:", text))) >= 60


def test_floats_stay_in_their_section(toy: Study, results: Path) -> None:
    """Every figure and table stands between the heading of its exercise and that of the next."""
    build(toy, results, "es")
    pages: dict[str, int] = {}
    aux = (results / "paper/es/informe.aux").read_text(encoding="utf-8")
    for name, page in re.findall(r"\\newlabel\{(?:sec|fig|tab):([^}]+)\}\{\{[^}]*\}\{(\d+)\}", aux):
        pages.setdefault(name, int(page))
    exercises = list(toy.exercises)
    owners = {name: spec(toy, name).exercise for name in figures_for(toy)}
    owners |= {each.name: each.exercise for each in tables_for(toy) if each.exercise}
    placed = {name: owner for name, owner in owners.items() if name in pages}
    assert len(placed) > 20
    for name, owner in placed.items():
        place = exercises.index(owner)
        last = pages[exercises[place + 1]] if place + 1 < len(exercises) else 999
        assert pages[owner] <= pages[name] <= last, (name, pages[name], pages[owner], last)


def test_part_of_the_study_keeps_its_numbers(tmp_path: Path) -> None:
    study = one_exercise("moons")
    fill(study, tmp_path)
    text = text_of(build(study, tmp_path, "es"))
    assert "2. Dos lunas con agujeros" in text
    assert "Figura 4:" in text
    assert "Escalones" not in text
    assert "[falta: steps: el ejercicio no forma parte de esta corrida]" in text


def test_stand_in_data_are_named_on_the_first_page_and_on_top_of_all(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path, stand_in=("walks",))
    pdf = build(study, tmp_path, "es")
    first = text_of(pdf, page=1)
    assert "STAND-IN. Los datos siguientes" in first
    assert "datos generados: walks." in first
    for page in (2, 3):
        assert "STAND-IN: resultados con datos generados" in text_of(pdf, page=page)


def test_a_demonstration_is_named_on_the_first_page_and_on_top_of_all(tmp_path: Path) -> None:
    study = one_exercise(demonstration=True, seeds=1)
    fill(study, tmp_path, stand_in=("walks",))
    pdf = build(study, tmp_path, "es")
    first = text_of(pdf, page=1)
    assert "Este estudio se corrió en tamaño reducido, con una semilla y 6 épocas." in " ".join(first.split())
    assert "STAND-IN. Los datos siguientes" in first
    for page in (2, 3):
        assert "DEMOSTRACIÓN: un estudio de tamaño reducido. STAND-IN" in text_of(pdf, page=page)


def test_missing_runs_and_figures_leave_marks_not_errors(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path, skip=("steps/dense",))
    for block in study.blocks()[:1]:
        write_failure(block, tmp_path, r"node died & 50 % \lost")
    (tmp_path / "figures" / "fig1a.pdf").unlink()
    collect(study, tmp_path)
    text = text_of(build(study, tmp_path, "es"))
    assert r"[falta: node died & 50 % \lost]" in text
    assert "[falta: no está la figura]" in text


def test_an_exercise_of_the_user_s_own(tmp_path: Path) -> None:
    study = resolve({"exercises": {"extra": {"title": "El mío", "dataset": "walks", "variants": {"mine": {}}}}})
    fill(study, tmp_path / "results")
    with pytest.raises(InputError, match=r"study/extra/es\.tex"):
        build(study, tmp_path / "results", "es")
    report = own_prose(study, tmp_path, extra=r"Alcanza \resultado{extra/mine/test/accuracy}.")
    text = text_of(build(report, tmp_path / "results", "es"))
    for words in ("1. El mío", "Alcanza 0,904", "Resultados de extra", "Capas de la red «mine»"):
        assert words in text


def test_nothing_is_counted_where_nothing_is_claimed(tmp_path: Path) -> None:
    study = resolve({"exercises": {"extra": {"dataset": "walks", "variants": {"mine": {}}}}})
    fill(study, tmp_path)
    record = {
        "schema": 2,
        "confidence": 0.95,
        "intervals": {},
        "sequential": False,
        "decisions": {"count": 0, "correction": "Holm", "level": 0.05},
        "fewest": 3,
        "definitions": {},
        "claims": [],
    }
    write_json(tmp_path / "claims.json", record)
    (tmp_path / "figures").mkdir(exist_ok=True)
    (tmp_path / "figures/fig_overview.pdf").touch()
    text = _overview(Facts(study, tmp_path, "es"))
    assert text.startswith(r"\begin{figure}")
    assert judged(Facts(study, tmp_path, "es")) == ""


def test_titles_from_the_configuration_are_text(tmp_path: Path) -> None:
    nasty = r"100 % & $x_1$ #2 {~^} \input{/etc/passwd} <b> 日本"
    config = {"steps": {"title": nasty, "dataset": "walks", "variants": {"dense": {}}}}
    study = resolve({"title": nasty, "author": "A & B_C", "exercises": config})
    fill(study, tmp_path / "results")
    report = own_prose(study, tmp_path, steps="Nada.")
    text = text_of(build(report, tmp_path / "results", "es"))
    assert text.count(r"100 % & $x_1$ #2 {~^} \input{/etc/passwd} <b>") == 3
    assert "??" not in text
    assert text.count("日本") >= 3 or "U+65E5 CJK UNIFIED IDEOGRAPH-65E5" in text
    assert "A & B_C" in text


def test_a_mistake_in_the_prose_is_shown_with_its_own_file_and_line(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path / "results")
    prose = "Uno \\compara{steps/dense/test/loss}{steps/conv/test/loss}{más\nque}{a}{b} dos.\n\nTres \\nosuch cuatro.\n"
    report = own_prose(study, tmp_path, steps=prose)
    with pytest.raises(RunError) as caught:
        build(report, tmp_path / "results", "es")
    message = str(caught.value)
    assert "study/steps/es.tex:4: Undefined control sequence" in message
    assert r"\nosuch" in message
    assert len(message) < 600
    assert not (tmp_path / "results" / "informe.pdf").exists()


def test_prose_that_is_no_utf_8_is_shown_with_its_file_and_line(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path / "results")
    report = own_prose(study, tmp_path, steps="Nada.")
    (report.folder / "steps/es.tex").write_bytes("Uno.\nEspañol.\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"steps/es\.tex, line 2: a byte that is not UTF-8"):
        build(report, tmp_path / "results", "es")


def test_prose_cannot_run_programs(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path / "results")
    report = own_prose(study, tmp_path, steps=rf"\immediate\write18{{touch {tmp_path}/owned}} Nada.")
    build(report, tmp_path / "results", "es")
    assert not (tmp_path / "owned").exists()


def test_a_reference_to_nothing_is_an_error(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path / "results")
    report = own_prose(study, tmp_path, steps=r"Véase la figura~\ref{fig:fig99}.")
    with pytest.raises(RunError, match="'fig:fig99'"):
        build(report, tmp_path / "results", "es")


def test_without_latexmk_the_error_says_what_to_install(
    toy: Study, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InputError, match="apt-get install"):
        build(toy, results, "es")


def test_an_unknown_language_is_refused(toy: Study, results: Path) -> None:
    with pytest.raises(InputError, match="'xx'"):
        build(toy, results, "xx")


def test_a_language_needs_only_its_prose(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path / "results")
    report = own_prose(study, tmp_path, steps="")
    for path in (tmp_path / "study").rglob("*es.tex"):
        path.unlink()
    (tmp_path / "study/intro.en.tex").write_text("Hello.")
    text = r"It reaches \resultado{steps/dense/test/accuracy} (\parametros{steps/dense})."
    (tmp_path / "study/steps/en.tex").write_text(text)
    pdf = build(report, tmp_path / "results", "en")
    assert pdf.name == "report_en.pdf"
    text = text_of(pdf)
    for words in ("It reaches 0.901 ± 0.001 (16,140).", "Table 2:", "Figure 1", "Provenance and timings"):
        assert words in text


def test_works_have_links_and_their_authors_are_listed_as_in_spanish(pdf: Path) -> None:
    works = " ".join((pdf.parent / "paper" / "es" / "informe.bbl").read_text(encoding="utf-8").split())
    assert r"\doi{10.0000/keras}" in works
    assert "François Chollet y Matthew Watson" in works
    assert ", y " not in works


def test_the_pdf_says_what_it_is_about(pdf: Path) -> None:
    message = subprocess.run(["pdfinfo", str(pdf)], capture_output=True, text=True, check=True).stdout
    keywords = next(line for line in message.splitlines() if line.startswith("Keywords"))
    assert all(word in keywords for word in ("redes neuronales", "Keras", "walks"))
    assert re.search(r"Subject: +\S", message)


def test_a_verdict_leads_to_the_section_of_its_exercise(pdf: Path) -> None:
    tex = (pdf.parent / "paper" / "es" / "informe.tex").read_text(encoding="utf-8")
    assert r"\hyperref[sec:steps]{steps{-}a}" in tex
    assert r"\label{sec:steps}" in tex


def test_the_first_page_says_when_with_what_and_what_was_found(tmp_path: Path) -> None:
    study = one_exercise(seeds=5)
    fill(study, tmp_path)
    facts = Facts(study, tmp_path, "en")
    assert colophon(facts) == "Trained 2026-01-01; code revision 0123456789 (with uncommitted changes)."
    claims = read_json(tmp_path / "claims.json")
    claims["claims"][0]["verdict"] = "confirmed"
    write_json(tmp_path / "claims.json", claims)
    confirmed, not_confirmed = findings(Facts(study, tmp_path, "en")).split(r"\par ")
    first, *others = (claim["sentence"]["en"] for claim in claims["claims"])
    assert "Confirmed:" in confirmed and first in confirmed
    assert all(sentence in not_confirmed for sentence in others)
    demonstration = one_exercise(seeds=5, demonstration=True)
    assert findings(Facts(demonstration, tmp_path, "en")) == ""


def test_the_first_page_says_how_many_revisions_were_not_committed(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path)
    facts = Facts(study, tmp_path, "en")
    facts.results.runs["commit"] = ["fff0000000000", "aaa0000000000"]
    assert colophon(facts).endswith("code revision aaa0000000 and 1 more, 2 of them with uncommitted changes.")
    facts.results.runs["dirty"] = ["True", "False"]
    assert colophon(facts).endswith("code revision aaa0000000 and 1 more, the latter with uncommitted changes.")
    facts.results.runs["dirty"] = ["False", "True"]
    assert colophon(facts).endswith("code revision aaa0000000 and 1 more, 1 of them with uncommitted changes.")
    facts.results.runs["dirty"] = ["False", "False"]
    assert colophon(facts).endswith("code revision aaa0000000 and 1 more.")


def test_the_first_page_names_the_revision_of_most_jobs(tmp_path: Path) -> None:
    steps = {**one_exercise().config["exercises"]["steps"], "seeds_per_job": 1}
    study = one_exercise(seeds=2, exercises={"steps": steps})
    fill(study, tmp_path)
    facts = Facts(study, tmp_path, "en")
    facts.results.runs["commit"] = ["fff0000000000", "aaa0000000000", "fff0000000000", "fff0000000000"]
    assert "code revision fff0000000 and 1 more" in colophon(facts)


def test_files_that_are_not_as_their_runs_left_them_are_named_with_the_machines(tmp_path: Path) -> None:
    study = one_exercise(seeds_per_job=1)
    fill(study, tmp_path)
    assert "Written again" not in provenance(Facts(study, tmp_path, "en"))
    block = study.blocks()[0]
    manifest = block.folder(tmp_path) / "manifest.json"
    write_json(manifest, {**read_json(manifest), "rewritten": "an older table"})
    collect(study, tmp_path)
    message = provenance(Facts(study, tmp_path, "en"))["Written again"]
    assert message == [f"{block.exercise}/{block.variant} ({block.name}): an older table"]
    assert "Reescritas" in provenance(Facts(study, tmp_path, "es"))
