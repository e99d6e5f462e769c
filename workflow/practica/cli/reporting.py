"""Subcommands that turn the runs' results into tables, verdicts, figures and the report."""

from __future__ import annotations

from pathlib import Path

import click

from practica.cli.base import PATH, RESULTS, main, out_folder, study_options
from practica.config.study import Study
from practica.errors import InputError
from practica.plan.places import has_results


@main.command()
@study_options
@RESULTS
@click.option("--statistics/--no-statistics", default=True, help="Also write summary.csv and differences.csv.")
def collect(study: Study, results: Path, statistics: bool) -> None:
    """Collect all runs into tidy tables, with statistics."""
    from practica.evidence.collect import gather, write_statistics
    from practica.jobs.states import discard_checkpoints

    if not has_results(results):  # tables alone would stand there like those of somebody else
        raise InputError(f"there are no results in {results}: run the study, or name its folder with --results")
    gather(study, results)
    if statistics:
        write_statistics(study, results)
    for block in study.blocks():
        discard_checkpoints(block, results, but_last=study.keeps_checkpoints(block.exercise))


@main.command()
@study_options
@RESULTS
def statistics(study: Study, results: Path) -> None:
    """Summarise the collected metrics. Writes summary.csv and differences.csv."""
    from practica.evidence.collect import write_statistics
    from practica.evidence.tables import check_tables

    check_tables(study, results, ["metrics.csv"])
    write_statistics(study, results)


@main.command()
@study_options
@RESULTS
def claims(study: Study, results: Path) -> None:
    """Judge the claims. Writes claims.json and prints one line per verdict."""
    from practica.evidence.tables import check_tables
    from practica.evidence.verdicts import lines, write_claims

    check_tables(study, results, ["metrics.csv", "history.csv.gz"])
    click.echo("\n".join(lines(write_claims(study, results))))


@main.command()
@click.argument("name")
@study_options
@RESULTS
def figure(name: str, study: Study, results: Path) -> None:
    """Draw one figure in every language of the report. Writes PDF, PNG and CSV; for example: figure fig_overview."""
    from practica.evidence.collect import write_table
    from practica.evidence.tables import check_tables
    from practica.figures.draw import NEEDS, draw_from
    from practica.figures.points import points
    from practica.figures.style import save

    tables = check_tables(study, results, NEEDS)
    for language in study.languages:
        drawing, stem = draw_from(tables, name, language), results / study.shelf("figures", language) / name
        write_table(stem.with_name(f"{name}.csv"), points(drawing))
        save(drawing, stem)


@main.command()
@click.argument("name")
@study_options
@RESULTS
def table(name: str, study: Study, results: Path) -> None:
    """Make one table in every language of the report. Writes LaTeX, CSV and HTML; for example: table claims."""
    from practica.evidence.tables import check_tables
    from practica.paper.tables import spec_named, write_table

    check_tables(study, results, spec_named(study, name).needs)
    write_table(study, results, name)


@main.command()
@study_options
@RESULTS
@click.option("--language", help="One language only.  [default: all of report.languages]")
def paper(study: Study, results: Path, language: str | None) -> None:
    """Compile the PDF from text, figures and tables. One PDF for each language."""
    from practica.evidence.tables import check_tables
    from practica.paper.document import build

    check_tables(study, results, ["metrics.csv", "history.csv.gz", "summary.csv", "differences.csv", "runs.csv"])
    for each in [language] if language else study.languages:
        click.echo(build(study, results, each))


@main.command()
@study_options
@RESULTS
def page(study: Study, results: Path) -> None:
    """Write the web pages of the report. They go into the folder page of the results; open index.html there."""
    from practica.evidence.tables import check_tables
    from practica.page.build import write_pages

    check_tables(study, results)
    write_pages(study, results)


@main.command()
@click.argument("pictures", nargs=-1, required=True, type=PATH)
@out_folder("Folder for the small copies.", usual=Path("docs/gallery"))
def gallery(pictures: tuple[Path, ...], out: Path) -> None:
    """Shrink figures into the pictures of the README."""
    from practica.figures.gallery import write_gallery

    write_gallery(pictures, out)
