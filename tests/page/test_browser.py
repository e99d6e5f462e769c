"""The HTML report in a headless Chromium without network: it loads, its links work, and it reacts to the mouse."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from practica.config.study import Study
from practica.evidence.curves import Curve
from practica.figures.catalogue import report_figures
from practica.figures.curves import Line, Plot
from practica.figures.draw import Course
from practica.figures.style import COLOURS, SPLIT_LOOKS, WINE, Look, look
from practica.page.charts import charts
from practica.paper.catalogue import tables_for

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: run `make setup`")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install `chromium`")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def report(project: Path) -> Path:
    """Return the folder of the unpacked report."""
    words = ["--config", "seeds=5", "--report", "results/report.zip"]
    command = [Path(sys.executable).with_name("snakemake"), *words]
    process = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert process.returncode == 0, process.stderr[-3000:]
    with zipfile.ZipFile(project / "results/report.zip") as archive:
        archive.extractall(project / "unpacked")
    return project / "unpacked/report"


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    playwright.expect.set_options(timeout=20_000)  # for busy machines
    with playwright.sync_playwright() as driver:
        # Chromium's sandbox refuses to run as root, the user of containers.
        shown = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield shown
        shown.close()


@pytest.fixture
def tab(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """Return a tab without network that must log no errors."""
    context = browser.new_context(viewport=DESKTOP, offline=True)
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    local = ("file:", "data:", "blob:", "about:")
    tab.on("request", lambda asked: None if asked.url.startswith(local) else complaints.append(asked.url))
    yield tab
    context.close()
    assert complaints == []


def inner(report: Path, name: str) -> str:
    (result,) = report.glob(f"data/raw/*/{name}")
    return result.as_uri()


def test_the_report_opens_with_the_verdicts(tab: playwright.Page, report: Path) -> None:
    tab.goto((report / "report.html").as_uri())
    start = tab.frame_locator("iframe.start")
    playwright.expect(start.locator("#claims tbody tr").first).to_be_visible()
    start.get_by_role("link", name="steps", exact=True).first.click()
    start.locator("#fig1a .chart").scroll_into_view_if_needed()  # drawn when it comes into sight
    playwright.expect(start.locator("#fig1a svg").first).to_be_visible()
    unspoken = start.locator("#fig1a [class*=voronoi]").first  # screen readers skip the areas that catch the pointer
    assert unspoken.get_attribute("aria-hidden") == "true"


def test_a_page_turns_into_the_other_language(tab: playwright.Page, report: Path) -> None:
    tab.goto(inner(report, "steps.html"))
    tab.get_by_role("link", name="English").click()
    playwright.expect(tab.get_by_role("heading", name="What the source claims")).to_be_visible()
    chart = tab.locator("#fig1a .chart")
    chart.scroll_into_view_if_needed()
    playwright.expect(chart.locator("svg")).to_contain_text("Epoch")
    tab.get_by_role("link", name="Home").click()
    playwright.expect(tab.locator("#claims tbody tr").first).to_be_visible()


def test_only_in_the_report_is_there_a_menu_to_speak_of(tab: playwright.Page, report: Path, project: Path) -> None:
    tab.goto((report / "report.html").as_uri())
    text = tab.frame_locator("iframe.start").locator(".of-menu")
    playwright.expect(text).to_contain_text("0. Informe")
    playwright.expect(text).to_be_visible()
    tab.goto((project / "results/page/index.html").as_uri())
    playwright.expect(tab.locator(".files a").first).to_be_visible()
    playwright.expect(tab.locator(".of-menu")).to_be_hidden()


def test_every_result_is_listed_and_opens(tab: playwright.Page, report: Path, faked: Study) -> None:
    tab.goto((report / "report.html").as_uri())
    listed = tab.evaluate("Object.values(categories).flatMap(parts => Object.values(parts).flat())")
    names = {Path(each).name for each in listed}
    assert {f"{name}.png" for name in report_figures(faked)} <= names
    assert {f"{table.name}.html" for table in tables_for(faked)} <= names
    assert {"informe.pdf", "report_en.pdf", "index.html", "index_en.html"} <= names
    addresses = tab.evaluate("Object.values(results).map(each => each.data_uri)")
    assert all((report / each).is_file() for each in addresses)
    for step in ("steps. ", "2. Figuras"):
        tab.get_by_text(step).first.click()
    tab.locator("tr", has_text="fig1a").locator("a").first.click()
    playwright.expect(tab.locator("img[src$='fig1a.png']")).to_be_visible()


@pytest.mark.parametrize("name", ["index.html", "claims.html"])
def test_what_stands_below_a_number_keeps_its_lines(tab: playwright.Page, report: Path, name: str) -> None:
    """The names of both sides of a comparison, and its result below them."""
    tab.goto(inner(report, name))
    below = tab.locator("td small", has_text="Capas densas").first
    assert len(below.inner_text().splitlines()) == len((below.text_content() or "").splitlines()) > 1


def test_a_curve_tells_its_values(tab: playwright.Page, report: Path) -> None:
    tab.goto(inner(report, "steps.html"))
    chart = tab.locator("#fig1a .chart")
    chart.scroll_into_view_if_needed()
    playwright.expect(chart.locator("svg")).to_be_visible()
    chart.hover()
    tip = tab.locator("#vg-tooltip-element.visible")
    playwright.expect(tip).to_contain_text("Época")
    playwright.expect(tip).to_contain_text("0,6")  # the factory's accuracy in the second epoch of three


def test_a_curve_that_is_hidden_tells_no_values(tab: playwright.Page, report: Path) -> None:
    tab.goto(inner(report, "steps.html"))
    chart = tab.locator("#fig1a .chart")
    chart.scroll_into_view_if_needed()
    playwright.expect(chart.locator("svg")).to_be_visible()
    tip = tab.locator("#vg-tooltip-element.visible")
    chart.hover()
    playwright.expect(tip).to_contain_text("Entrenamiento")
    tab.locator("#fig1a").get_by_role("button", name="Entrenamiento").click()
    chart.hover()
    playwright.expect(tip).to_contain_text("Validación")
    playwright.expect(tip).not_to_contain_text("Entrenamiento")


@pytest.mark.parametrize("log", [False, True])
def test_a_chart_zooms_and_moves_by_keyboard(tab: playwright.Page, report: Path, log: bool) -> None:
    tab.goto(inner(report, "steps.html"))
    chart = tab.locator("#fig1a .chart")
    chart.scroll_into_view_if_needed()
    playwright.expect(chart.locator("svg")).to_be_visible()
    if log:
        tab.locator("#fig1a").get_by_role("button", name="Error, eje logarítmico").click()
        playwright.expect(chart.locator("svg")).to_contain_text("Tasa de error")
    script = "['x', 'y'].map(each => views.get(document.querySelector('#fig1a .chart')).scale(each).domain())"

    def after(key: str) -> list[list[float]]:
        chart.press(key)
        return tab.evaluate(script)

    whole = tab.evaluate(script)
    near = after("+")
    assert all(low > first and high < last for (low, high), (first, last) in zip(near, whole, strict=True))
    right, up = after("ArrowRight"), after("ArrowUp")
    assert right[0][0] > near[0][0] and right[1] == pytest.approx(near[1])
    assert up[1][0] > near[1][0] and up[0] == pytest.approx(right[0])
    back = [after(key) for key in ("ArrowDown", "ArrowLeft", "-")][-1]
    assert [*back[0], *back[1]] == pytest.approx([*whole[0], *whole[1]])
    assert after("Control+ArrowRight") == back  # the browser's
    after("+")
    chart.press("0")
    tab.wait_for_function(f"JSON.stringify({script}) === '{json.dumps(whole, separators=(',', ':'))}'")


def test_a_heading_sorts_and_a_verdict_filters(tab: playwright.Page, report: Path) -> None:
    tab.goto(inner(report, "index.html"))
    column = "#claims tbody tr td:first-child"
    given = tab.locator(column).all_inner_texts()
    head = tab.locator("#claims th button").first
    head.click()
    assert tab.locator(column).all_inner_texts() == sorted(given)
    head.click()
    assert tab.locator(column).all_inner_texts() == sorted(given, reverse=True)
    head.click()
    assert tab.locator(column).all_inner_texts() == given
    tile = tab.locator(".tally button", has=tab.locator("b", has_not_text="0")).first
    tile.click()
    assert tab.locator("#claims tbody tr:visible").count() == int(tile.locator("b").inner_text())


def test_a_figure_leads_to_its_runs(tab: playwright.Page, report: Path) -> None:
    tab.goto(inner(report, "steps.html"))
    tab.locator("#fig1a .runs a").first.click()
    tab.wait_for_url("**/steps_runs.html*")
    run = tab.locator(".run:target")
    playwright.expect(run.locator("table")).to_be_visible()
    playwright.expect(run.locator("pre")).to_contain_text("done & <b>well</b>")
    with tab.expect_download() as saved:
        run.locator("button.save").click()
    assert saved.value.suggested_filename.startswith("steps_dense_s0")


def test_the_start_fills_the_room_beside_the_menu(tab: playwright.Page, report: Path) -> None:
    tab.goto((report / "report.html").as_uri())
    playwright.expect(tab.frame_locator("iframe.start").locator("h1")).to_be_visible()
    box = tab.locator("iframe.start").bounding_box()
    assert box
    assert box["width"] >= DESKTOP["width"] / 2
    assert box["height"] >= DESKTOP["height"] / 2


def test_on_paper_stand_all_curves_and_their_settings_and_no_table_is_cut(tab: playwright.Page, report: Path) -> None:
    tab.set_viewport_size({"width": 700, "height": 500})  # A4 without its margins, and the curves out of sight
    tab.goto(inner(report, "steps.html"))
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    playwright.expect(tab.locator(".chart svg")).to_have_count(tab.locator(".chart").count())
    playwright.expect(tab.locator("#fig1a figcaption")).to_contain_text("Adam")
    playwright.expect(tab.locator("#fig1a figcaption .hint").last).to_be_visible()
    widths = tab.evaluate("[...document.querySelectorAll('.scroll > table')].map(e => e.getBoundingClientRect().right)")
    assert max(widths) <= 700


@pytest.mark.parametrize("name", ["index.html", "moons.html", "steps_en.html", "steps_runs.html"])
def test_a_phone_scrolls_in_one_direction(tab: playwright.Page, report: Path, name: str) -> None:
    tab.set_viewport_size(PHONE)
    tab.goto(inner(report, name))
    tab.evaluate("document.querySelectorAll('.prose span').forEach(each => each.textContent += ' (words)'.repeat(20))")
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("name", ["index.html", "steps.html", "steps_runs.html"])
def test_on_a_phone_a_long_name_of_an_exercise_breaks(tab: playwright.Page, report: Path, name: str) -> None:
    tab.set_viewport_size(PHONE)
    tab.goto(inner(report, name))
    tab.evaluate(
        "document.querySelectorAll('h1 small, h2 small, h3 small, .card b, .files a')"
        ".forEach(each => each.textContent = 'autoencoders_on_handwritten_digits_with_noise')"
    )
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_on_a_phone_no_verdict_is_out_of_sight(tab: playwright.Page, report: Path) -> None:
    tab.set_viewport_size(PHONE)
    tab.goto(inner(report, "steps.html"))
    verdicts = tab.locator(".claims td:last-child")
    boxes = [verdicts.nth(place).bounding_box() for place in range(verdicts.count())]
    assert len(boxes) == 8  # of three claims and their five parts
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)


@pytest.mark.parametrize("width", [1400, 1200, 1020, 1000, 760])
@pytest.mark.parametrize("name", ["index.html", "steps_en.html"])
def test_no_verdict_is_cut_on_a_narrow_screen(tab: playwright.Page, report: Path, name: str, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(inner(report, name))
    tab.evaluate("document.querySelectorAll('.claims td small').forEach(e => e.textContent = 'bfloat16_and_float32')")
    widths = tab.locator(".claims .scroll").evaluate_all("all => all.map(each => [each.scrollWidth, each.clientWidth])")
    assert widths
    assert all(needed <= there for needed, there in widths)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_last_tick_of_the_forest_is_whole(tab: playwright.Page, report: Path, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(inner(report, "index.html"))
    last = tab.locator(".axis .effect i").last
    last.evaluate("each => { each.style.left = '100%'; each.textContent = '1000'; }")
    clips = "each => getComputedStyle(each.parentElement).overflowX"
    assert last.evaluate(clips) == "visible"
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_a_table_that_goes_on_beyond_the_edge_has_a_shadow_there(tab: playwright.Page, report: Path) -> None:
    """The table's own ground moves with it and covers the shadow at its end."""
    tab.set_viewport_size(PHONE)
    tab.goto(inner(report, "steps.html"))
    table = tab.locator(".scroll:has(#settings_steps)")
    assert table.evaluate("each => each.scrollWidth > each.clientWidth")
    assert table.evaluate("each => getComputedStyle(each).backgroundAttachment") == "local, local, scroll, scroll"

    def darkest() -> int:
        picture = Image.open(io.BytesIO(table.screenshot())).convert("L")
        return picture.crop((picture.width - 8, 0, picture.width - 2, picture.height)).getextrema()[0]

    tab.add_style_tag(content="#settings_steps { visibility: hidden; }")
    at_first = darkest()
    table.evaluate("each => each.scrollLeft = each.scrollWidth")
    assert at_first < 210 and darkest() > 240


def test_on_a_phone_words_filter_the_table_too(tab: playwright.Page, report: Path) -> None:
    tab.set_viewport_size(PHONE)
    tab.goto(inner(report, "index.html"))
    assert tab.locator("#claims tbody tr:visible").count() > 0
    tab.get_by_role("searchbox").fill("nothing has these words")
    assert tab.locator("#claims tbody tr:visible").count() == 0


@pytest.mark.parametrize("name", ["index_en.html", "steps_en.html", "steps_runs_en.html"])
def test_a_page_can_be_read_without_a_mouse(tab: playwright.Page, report: Path, name: str) -> None:
    tab.set_viewport_size(PHONE)
    tab.goto(inner(report, name))
    assert tab.locator(".tools").count() == tab.locator(".chart").count()  # before the charts are drawn
    deaf = (
        "[...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth"
        " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)"
        " && !e.matches('[tabindex]') && !e.querySelector('a, button')).map(e => e.outerHTML.slice(0, 80))"
    )
    assert tab.evaluate(deaf) == []
    levels = tab.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(e => Number(e.tagName[1]))")
    assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))
    assert tab.evaluate("[...document.querySelectorAll('th')].every(e => e.textContent.trim())")


def test_a_page_of_a_dark_screen_is_printed_in_ink(browser: playwright.Browser, report: Path) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme="dark", offline=True)
    tab = context.new_page()
    tab.goto(inner(report, "steps.html"))
    chart = tab.locator("#fig1a .chart")
    chart.scroll_into_view_if_needed()
    playwright.expect(chart.locator("svg")).to_be_visible()
    colours = (
        "[getComputedStyle(document.body).color, getComputedStyle(document.querySelector('#fig1a svg text')).fill]"
    )
    assert "rgb(28, 36, 48)" not in tab.evaluate(colours)
    tab.emulate_media(media="print", color_scheme="dark")
    assert set(tab.evaluate(colours)) == {"rgb(28, 36, 48)"}
    context.close()


def test_metrics_of_a_run_are_not_cut(tab: playwright.Page, report: Path) -> None:
    tab.goto(inner(report, "moons_runs.html"))
    widths = tab.locator(".scroll").evaluate_all("all => all.map(each => [each.scrollWidth, each.clientWidth])")
    assert widths
    assert all(needed <= there for needed, there in widths)


def test_on_a_phone_the_menu_shows_where_one_is_beside_the_languages(tab: playwright.Page, report: Path) -> None:
    tab.set_viewport_size({"width": 200, "height": 600})
    tab.goto(inner(report, "steps.html"))
    here, languages = (tab.locator(f"header {each}").bounding_box() for each in ("nav a[aria-current]", ".languages"))
    assert here
    assert languages
    assert here["x"] >= 0
    assert here["x"] + here["width"] <= languages["x"]
    assert languages["x"] + languages["width"] <= 200


def test_the_report_fits_a_phone(tab: playwright.Page, report: Path) -> None:
    tab.set_viewport_size(PHONE)
    tab.goto((report / "report.html").as_uri())
    playwright.expect(tab.frame_locator("iframe.start").locator("h1")).to_be_visible()
    box = tab.locator("iframe.start").bounding_box()
    assert box is not None and box["width"] >= 0.95 * PHONE["width"]


def test_buttons_hide_a_line_show_seeds_scale_and_save(tab: playwright.Page, report: Path) -> None:
    tab.goto(inner(report, "steps.html"))
    figure = tab.locator("#fig1a")
    figure.locator(".chart").scroll_into_view_if_needed()
    playwright.expect(figure.locator(".chart svg")).to_be_visible()
    training = figure.get_by_role("button", name="Entrenamiento")
    playwright.expect(training).to_have_attribute("aria-pressed", "true")
    shown = (
        "[...document.querySelectorAll('#fig1a .chart .mark-line path')].filter(e => e.getAttribute('opacity') !== '0')"
    )
    before = tab.evaluate(f"{shown}.length")
    training.press("Enter")  # as the keyboard does
    playwright.expect(training).to_have_attribute("aria-pressed", "false")
    assert tab.evaluate(f"{shown}.length") == before - 1
    figure.get_by_role("button", name="Semillas").click()
    assert tab.evaluate(f"{shown}.length") == before - 1 + 5
    figure.get_by_role("button", name="Error, eje logarítmico").click()
    playwright.expect(figure.locator(".chart svg")).to_contain_text("Tasa de error")
    assert tab.evaluate(f"{shown}.length") == before - 1 + 5
    with tab.expect_download() as saved:
        figure.get_by_role("button", name="CSV").click()
    assert Path(saved.value.path()).read_text().startswith("epoch,m0,")
    with tab.expect_download() as saved:
        figure.get_by_role("button", name="SVG").click()
    assert saved.value.suggested_filename == "fig1a.svg"
    legend = Path(saved.value.path()).read_text(encoding="utf-8")
    assert ">Validación<" in legend and ">Entrenamiento<" not in legend  # the lines in the picture


def on_log_axis(tab: playwright.Page, report: Path, edit: str) -> playwright.Locator:
    """Return a chart on its logarithmic axis, after an edit of the ``rows`` of its table below their ``head``."""
    tab.goto(inner(report, "steps.html"))
    chart = tab.locator("#fig1a .chart")
    chart.scroll_into_view_if_needed()
    playwright.expect(chart.locator("svg")).to_be_visible()
    tab.evaluate(
        """edit => {
      const script = document.querySelector("#fig1a .chart").nextElementSibling, spec = JSON.parse(script.textContent);
      const [head, ...rows] = spec.data.values.trim().split("\\n").map(row => row.split(","));
      Function('head', 'rows', edit)(head, rows);
      spec.data.values = [head, ...rows].map(row => row.join(",")).join("\\n");
      script.textContent = JSON.stringify(spec);
    }""",
        edit,
    )
    tab.locator("#fig1a").get_by_role("button", name="Error, eje logarítmico").click()
    playwright.expect(chart.locator("svg")).to_contain_text("Tasa de error")
    return chart


def test_on_a_log_axis_a_band_keeps_its_epochs(tab: playwright.Page, report: Path) -> None:
    """All epochs have the same values at the ends of the band."""
    chart = on_log_axis(
        tab, report, 'rows.forEach(row => { row[head.indexOf("l0")] = 0.1; row[head.indexOf("h0")] = 0.99; });'
    )
    outline = chart.locator(".mark-area path").first.get_attribute("d") or ""
    across = [float(x) for x in re.findall(r"[ML]([-\d.]+),", outline)]
    assert len(across) == 6 and across[2] - across[0] == pytest.approx(
        2 * (across[1] - across[0]), abs=0.01
    )  # epochs 1, 2 and 3


def test_a_shorter_line_ends_at_its_last_epoch(tab: playwright.Page, report: Path) -> None:
    chart = on_log_axis(tab, report, 'rows.at(-1)[head.indexOf("m1")] = "";')
    outlines = [path.get_attribute("d") or "" for path in chart.locator(".mark-line path").all()]
    ends = [float(re.findall(r"[ML]([-\d.]+),", outline)[-1]) for outline in outlines]
    assert max(ends) > min(ends), "no value is not 0"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as ``rgb(0, 0, 0)``, as WCAG defines it."""
    lights = []
    for colour in (one, other):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)))
    low, high = sorted(lights)
    return (high + 0.05) / (low + 0.05)


def test_every_line_can_be_seen_on_a_dark_screen(tab: playwright.Page, report: Path) -> None:
    tab.emulate_media(color_scheme="dark")
    tab.goto(inner(report, "steps.html"))
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    for colour in (*COLOURS, *(each.colour for each in SPLIT_LOOKS.values())):
        for attribute in ("stroke", "fill"):
            drawn = tab.evaluate(
                """([attribute, colour]) => {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
      line.setAttribute(attribute, colour);
      document.querySelector("figure").append(line);
      return getComputedStyle(line)[attribute];
    }""",
                [attribute, colour],
            )
            assert contrast(drawn, ground) >= 3, colour


def test_a_chart_draws_its_lines_in_the_colours_of_a_dark_screen(tab: playwright.Page, report: Path) -> None:
    tab.emulate_media(color_scheme="dark")
    mean = np.array([0.5, 0.4])
    line = Line("wine", Curve(np.array([1, 2]), mean, mean, mean, mean, 1, 1, False), Look(WINE, "-"))
    figure = with_chart(tab, report, (line,))
    path = figure.locator(".chart .mark-line path").first
    assert path.evaluate("each => getComputedStyle(each).stroke") != "rgb(136, 34, 85)"
    button = figure.get_by_role("button", name="wine")
    assert button.locator("path").evaluate("each => getComputedStyle(each).stroke") != "rgb(136, 34, 85)"


def with_chart(
    tab: playwright.Page, report: Path, lines: tuple[Line, ...], hidden: tuple[int, ...] = ()
) -> playwright.Locator:
    """Open a page whose first figure is a chart of some lines, and return that figure."""
    (chart,) = charts(Course((Plot("MSE", lines),), ()), "", "Epoch", log_epochs=False)
    for place in hidden:
        chart["usermeta"]["lines"][place]["hidden"] = True
    (path,) = report.glob("data/raw/*/steps_en.html")
    before, after = path.read_text(encoding="utf-8").split('id="fig1a"')
    given = re.search(r'<script type="application/json">(.*?)</script>', after, re.DOTALL)
    assert given
    own = path.with_name("own_chart.html")
    own.write_text(before + 'id="fig1a"' + after.replace(given[1], json.dumps(chart), 1), encoding="utf-8")
    tab.goto(own.as_uri())
    figure = tab.locator("#fig1a")
    figure.locator(".chart").scroll_into_view_if_needed()
    playwright.expect(figure.locator(".chart svg")).to_be_visible()
    return figure


def test_the_axis_of_epochs_follows_the_lines_that_are_shown(tab: playwright.Page, report: Path) -> None:
    lines = []
    for place, last in enumerate((40, 4000)):
        mean = np.linspace(0.9, 0.1, last)
        curve = Curve(np.arange(1, last + 1), mean, mean, mean, mean, 1, 1, False)
        lines.append(Line(f"until {last}", curve, look(place)))
    figure = with_chart(tab, report, tuple(lines), hidden=(1,))
    script = "views.get(document.querySelector('#fig1a .chart')).scale('x').domain()"
    ends = {"both": 4000 + 0.02 * 3999, "short": 40 + 0.02 * 39}
    assert tab.evaluate(script) == pytest.approx([1 - 0.02 * 39, ends["short"]])
    figure.get_by_role("button", name="until 4000").click()
    assert tab.evaluate(script)[1] == pytest.approx(ends["both"])
    figure.get_by_role("button", name="until 4000").click()
    assert tab.evaluate(script)[1] == pytest.approx(ends["short"])
    figure.get_by_role("button", name="until 40", exact=True).click()
    assert tab.evaluate(script)[1] == pytest.approx(ends["both"]), "without lines, the axis is that of all"


def test_words_filter_the_claims_and_every_control_has_a_name(tab: playwright.Page, report: Path) -> None:
    tab.goto(inner(report, "index_en.html"))
    every = tab.locator(".forest > li").count()
    tab.get_by_role("searchbox", name="Filter the claims by words").fill("dense overfits")
    assert 0 < tab.locator(".forest > li:visible").count() < every
    assert 0 < tab.locator("#claims tbody tr:visible").count() < every
    assert not tab.get_by_text("No claim has these words").count()
    tab.get_by_role("searchbox", name="Filter the claims by words").fill("dense underfits everything")
    assert tab.locator(".forest > li:visible").count() == 0
    assert tab.get_by_role("status").inner_text() == "No claim has these words and this verdict."
    nameless = (
        "[...document.querySelectorAll('button, a, input, select, [role=img]')].filter(each => "
        "!(each.textContent.trim() || each.getAttribute('aria-label'))).length"
    )
    for name in ("index_en.html", "steps_en.html", "steps_runs_en.html"):
        tab.goto(inner(report, name))
        assert tab.evaluate(nameless) == 0
        assert tab.evaluate("[...document.querySelectorAll('img')].every(each => each.alt)")
