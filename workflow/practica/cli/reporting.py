"""Subcommands that turn the runs' results into tables, verdicts, figures and the report."""

from __future__ import annotations

from pathlib import Path

import click

from practica.cli.base import PATH, main, study_options
from practica.config import Study


@main.command()
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def collect(study: Study, results: Path) -> None:
    """Collect the metrics and histories of all runs into tidy tables, with statistics."""
    from practica.evidence.collect import collect as collect_runs
    from practica.training.attempt import discard_checkpoints

    collect_runs(study, results)
    for block in study.blocks():
        discard_checkpoints(block, results)


@main.command()
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def claims(study: Study, results: Path) -> None:
    """Evaluate what the source claims: write claims.json and print a line for each verdict."""
    from practica.evidence.claims import declared
    from practica.evidence.verdicts import lines, write_claims

    click.echo("\n".join(lines(write_claims(study, results, declared()))))


@main.command()
@click.argument("name")
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def figure(name: str, study: Study, results: Path) -> None:
    """Draw one figure as PDF and PNG, for example: figure fig13a."""
    from practica.figures.draw import draw
    from practica.figures.style import save

    save(draw(name, study, results, study.report["language"]), results / "figures" / name)


@main.command()
@click.argument("name")
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def table(name: str, study: Study, results: Path) -> None:
    """Make one table as LaTeX, CSV and HTML, for example: table table2."""
    from practica.paper.tables import write_table

    write_table(study, results, name, study.report["language"])


@main.command()
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def paper(study: Study, results: Path) -> None:
    """Put prose, figures and tables together and compile the PDF."""
    from practica.paper.document import build

    click.echo(build(study, results, study.report["language"]))


@main.command()
@study_options
@click.option("--results", type=PATH, default=Path("results"), help="Folder of the results.")
def page(study: Study, results: Path) -> None:
    """Write the pages of the HTML report into the results' folder page; open its index.html in a browser."""
    from practica.page.build import write_pages

    write_pages(study, results, study.report["language"])


@main.command()
@click.argument("pictures", nargs=-1, required=True, type=PATH)
@click.option("--out", type=PATH, default=Path("docs/gallery"), help="Folder of the small copies.")
def gallery(pictures: tuple[Path, ...], out: Path) -> None:
    """Copy drawn figures as the small pictures of the README."""
    from practica.figures.gallery import write_gallery

    write_gallery(pictures, out)
