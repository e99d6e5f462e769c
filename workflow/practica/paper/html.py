"""Print a table as HTML: a self-contained page, or a part of another page; a click on a heading sorts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jinja2
from markupsafe import Markup

from practica.figures.tones import TONES
from practica.paper.table import PALE, Cell, Table, pieces
from practica.words import word

TABLE = """\
{% macro draw(table, gaps, stand_in, link) %}
<div class="scroll">
<table id="{{ table.name }}"{% if sortable(table) %} data-sortable{% endif %}>
<caption>{% if stand_in %}<span class="stand-in">{{ stand_in }}</span> {% endif %}{{ table.caption }}</caption>
<thead><tr>
{% for column in table.columns %}
{% if column.heading or sortable(table) %}
<th scope="col"{% if column.numeric %} class="number"{% endif %}>{{ column.heading }}</th>
{% else %}
<td></td>
{% endif %}
{% endfor %}
</tr></thead>
<tbody>
{% for row in table.rows %}
<tr>
{% for column, cell in table.visible_cells(row) %}
{% set classes = ["number" if column.numeric, "wide" if column.width, cell.tone.replace(" ", "-")] %}
<td{% if cell.span > 1 %} colspan="{{ cell.span }}"{% endif %} class="{{ classes | select | join(" ") }}" \
data-value="{{ value(cell) }}"{% if column.heading %} data-head="{{ column.heading }}"{% endif %}>
{%- if cell.gap %}<span class="gap">{{ cell.text }}<sup>{{ gaps[cell.gap] }}</sup></span>
{%- else %}{% set target = link(cell) %}
{%- if target %}<a href="{{ target }}">{% endif %}{{ cell.text }}{{ cell.figure }}{% if target %}</a>{% endif %}
{%- if cell.below %}<small>{{ cell.below }}</small>{% endif %}{% endif -%}
</td>
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>
{% for reason, letter in gaps.items() %}
<p class="gap"><sup>{{ letter }}</sup> {{ reason }}</p>
{% endfor %}
{% for note in table.notes %}
<p class="note">{% for text, code in pieces(note) -%}
{% if code %}<code>{{ text }}</code>{% else %}{{ text }}{% endif %}
{%- endfor %}</p>
{% endfor %}
{% endmacro %}
"""

PAGE = """\
{% from "table" import draw with context %}
<!DOCTYPE html>
<html lang="{{ table.language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ table.caption }}</title>
<style>
body { font: 16px/1.45 system-ui, sans-serif; margin: 1.5rem; color: #1b1b1b; background: #fff; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid; }
caption { text-align: left; padding-bottom: .6rem; max-width: 46rem; }
th, td { padding: .3rem .8rem; text-align: left; vertical-align: baseline; }
thead { border-bottom: 1px solid; }
tbody tr:nth-child(even) { background: #f6f7f9; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.gap, .stand-in { color: #a40000; }
.stand-in, .strong { font-weight: bold; }
.wide { min-width: 14rem; }
.note, .gap { max-width: 46rem; }
small { display: block; color: #55606e; white-space: pre-line; }
{{ styles }}
@media (max-width: 40rem) { body { margin: .8rem; font-size: 15px; } th, td { padding: .3rem .5rem; } }
</style>
</head>
<body>
{{ draw(table, gaps, stand_in, link) }}
<script>
{{ script }}
</script>
</body>
</html>
"""

STYLES = Markup(
    "\n".join(
        [
            *(
                f".{tone.replace(' ', '-')} {{ color: #{colour}; font-weight: bold; white-space: nowrap; }}"
                for tone, colour in TONES.items()
            ),
            f".{PALE} {{ color: #6b7480; }}",
            "[data-sortable] th button { all: unset; cursor: pointer; }",
            "[data-sortable] th button:focus-visible { outline: 2px solid #0072b2; }",
            "[data-sortable] th button::after { content: '\\2195'; opacity: .35; padding-left: .3em; }",
            "th[aria-sort=ascending] button::after { content: '\\2191'; opacity: 1; }",
            "th[aria-sort=descending] button::after { content: '\\2193'; opacity: 1; }",
        ]
    )
)
"""The style of verdicts and of sortable headings."""

SORTING = Markup("""\
document.querySelectorAll("table[data-sortable]").forEach(table => {
  const body = table.tBodies[0], given = [...body.rows];
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    if (!head.textContent.trim()) head.textContent = "#";
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.onclick = () => {
      const order = {ascending: "descending", descending: "none"}[head.getAttribute("aria-sort")] || "ascending";
      [...table.tHead.rows[0].cells].forEach(cell => cell.removeAttribute("aria-sort"));
      if (order === "none") return body.append(...given);
      head.setAttribute("aria-sort", order);
      const value = row => row.cells[place].dataset.value;
      const direction = order === "ascending" ? 1 : -1;
      body.append(...[...given].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (!x || !y) return !x - !y;  // what is missing stands last in either order
        return direction * (isNaN(x) || isNaN(y) ? x.localeCompare(y, undefined, {numeric: true}) : x - y);
      }));
    };
  });
});""")
"""Sort a table by the column whose heading is clicked: ascending, descending, original order."""

Link = Callable[[Cell], str]


def no_link(cell: Cell) -> str:
    """Return no link: a table on a page of its own has nothing to link to."""
    return ""


def sortable(table: Table) -> bool:
    """Return whether the rows can be reordered; rows under a common heading cannot."""
    return len(table.rows) > 1 and all(cell.span == 1 for row in table.rows for cell in row)


def _value(cell: Cell) -> str | float | None:
    """Return the value by which a cell is sorted."""
    value = cell.raw.get("", cell.text)
    return "" if value is None else value


TEMPLATES = jinja2.Environment(
    loader=jinja2.DictLoader({"table": TABLE, "page": PAGE}), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
TEMPLATES.globals |= {"sortable": sortable, "pieces": pieces, "value": _value, "styles": STYLES, "script": SORTING}


def to_html(table: Table) -> str:
    """Return the table as a self-contained page; text from data can never become markup."""
    return TEMPLATES.get_template("page").render(**_context(table, no_link))


def fragment(table: Table, link: Link = no_link) -> Markup:
    """Return the table as a part of a page that has ``STYLES`` and ``SORTING``; ``link`` gives the target of a cell."""
    draw = TEMPLATES.get_template("table").module.draw  # type: ignore[attr-defined]
    return Markup(draw(**_context(table, link)))


def _context(table: Table, link: Link) -> Mapping[str, object]:
    return {"table": table, "gaps": table.gaps(), "stand_in": stand_in_mark(table), "link": link}


def stand_in_mark(table: Table) -> str:
    """Return the words that mark a table with numbers from generated data, or an empty text."""
    return word("table_stand_in", table.language).format(data=", ".join(table.stand_in)) if table.stand_in else ""
