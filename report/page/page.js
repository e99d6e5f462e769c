// Charts: drawn when they come into sight, for an exercise may have a dozen; their buttons show, hide, scale and save.
const marks = {decimal: document.body.dataset.decimal, thousands: document.body.dataset.thousands};
const locale = {...marks, grouping: [3], currency: ["", ""]};
const chartWords = JSON.parse(document.getElementById("chart-words").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const look = paper => {
  const [ink, line, soft] = paper || !dark.matches ? ["#1c2430", "#e6e9ee", "#8a94a3"] : ["#e4e8ee", "#343d49", "#8a94a3"];
  return {
    font: "system-ui, sans-serif", background: paper ? "white" : null, view: {stroke: null},
    axis: {labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", gridColor: line, domainColor: soft,
      labelColor: ink, titleColor: ink},
    legend: {labelFontSize: 12, labelColor: ink},
  };
};
const element = (name, attributes, ...inside) => {
  const item = Object.assign(document.createElement(name), attributes);
  item.append(...inside);
  return item;
};
const save = (name, content, type) => {
  const address = type ? URL.createObjectURL(new Blob([content], {type})) : content;
  element("a", {href: address, download: name}).click();
  if (type) URL.revokeObjectURL(address);
};

// What is asked of a chart: a logarithmic axis, on which a share of right answers becomes that of errors.
const wrong = name => `isValid(datum.${name}) ? 1 - datum.${name} : null`; // a line that has ended has no value
const scaled = (spec, state) => {
  if (!state.log) return spec;
  const {share, lines} = spec.usermeta;
  if (share) spec.transform = lines.flatMap((_, place) => [
    {calculate: wrong(`m${place}`), as: `m${place}`}, {calculate: wrong(`l${place}`), as: `t${place}`},
    {calculate: wrong(`h${place}`), as: `l${place}`}, {calculate: `datum.t${place}`, as: `h${place}`},
    ...Object.keys(spec.layer).length ? seedsOf(spec, place).map(seed => ({calculate: wrong(seed), as: seed})) : [],
  ]);
  spec.layer.forEach(layer => {
    const y = layer.encoding.y;
    if (!y || !y.field) return;
    layer.encoding.y = {...y, title: share ? chartWords.error : y.title, scale: {type: "log", nice: false}, axis: {tickCount: 5}};
    if (share && y.field === "evaluated") layer.transform = [{calculate: "1 - datum.evaluated", as: "evaluated"}];
    else layer.transform = [...layer.transform || [], {filter: `datum.${y.field} > 0`}];
  });
  return spec;
};
const seedsOf = (spec, place) =>
  spec.data.values.split("\n", 1)[0].split(",").filter(column => column.startsWith(`s${place}_`));
const described = (place, state, legendOf) => {
  const spec = scaled(JSON.parse(place.nextElementSibling.textContent), state);
  spec.params.forEach(each => { if (each.name in state) each.value = state[each.name]; });
  const legend = legendOf(spec.usermeta.lines.filter((_, number) => state[`show${number}`]).map(line => line.name));
  spec.layer.forEach(({encoding}) => ["color", "strokeDash"].forEach(channel => {
    if (encoding[channel]) encoding[channel].legend = legend && {...encoding[channel].legend, ...legend};
  }));
  return spec;
};
// The legend of a picture names the lines in it, in as many columns as it has room for.
const WIDTH = 640;
const legendOf = names =>
  ({values: names, columns: Math.max(1, Math.floor(WIDTH / (70 + 7 * Math.max(0, ...names.map(name => name.length)))))});
const views = new Map();
// What catches the pointer is nothing to a screen reader.
const unspoken = spec => {
  for (const mark of spec.marks || []) {
    if (/voronoi/.test(mark.name)) mark.aria = false;
    unspoken(mark);
  }
  return spec;
};
const draw = async place => {
  const {view} = await vegaEmbed(place, described(place, place.state, () => null),
    {actions: false, renderer: "svg", config: look(false), formatLocale: locale, patch: unspoken});
  views.get(place)?.finalize();
  views.set(place, view);
};
// By keyboard as by mouse: a factor for what is in sight, and by which part of it a chart moves to the right and up.
const KEYS = {"+": [0.8, 0, 0], "=": [0.8, 0, 0], "-": [1.25, 0, 0], ArrowLeft: [1, -0.1, 0], ArrowRight: [1, 0.1, 0],
  ArrowDown: [1, 0, -0.1], ArrowUp: [1, 0, 0.1]};
const move = (view, [factor, right, up]) => {
  view.signal("zoom_tuple_fields").forEach(({field, channel}) => {
    const scale = view.scale(channel), [bend, unbend] = scale.type === "log" ? [Math.log, Math.exp] : [Number, Number];
    const [low, high] = scale.domain().map(bend), by = (high - low) * (channel === "x" ? right : up);
    const centre = (low + high) / 2 + by, half = (high - low) / 2 * factor;
    view.signal(`zoom_${field}`, [unbend(centre - half), unbend(centre + half)]);
  });
  view.run();
};
const listen = place => {
  place.tabIndex = 0;
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", chartWords.keys);
  place.onkeydown = event => {
    const view = views.get(place);
    if (!view || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS || event.key === "0")) return;
    event.preventDefault();
    event.key === "0" ? draw(place) : move(view, KEYS[event.key]);
  };
};
const picture = async (place, kind) => {
  const away = element("div", {style: `position:absolute;left:-9999px;width:${WIDTH}px`});
  document.body.append(away);
  const {view} = await vegaEmbed(away, {...described(place, place.state, legendOf), height: 320},
    {actions: false, renderer: "svg", config: look(true), formatLocale: locale});
  save(`${nameOf(place)}.${kind}`, await view.toImageURL(kind, 2));
  view.finalize();
  away.remove();
};
const nameOf = place => place.closest("figure").id + (place.dataset.part ? `_${place.dataset.part}` : "");
const toggle = (text, pressed, act, title) => {
  const button = element("button", {type: "button", title: title || ""}, ...[text].flat());
  button.setAttribute("aria-pressed", pressed);
  button.onclick = () => act(button.getAttribute("aria-pressed") !== "true", button);
  return button;
};
const equip = place => {
  const state = place.state = {log: false, seeds: false};
  const {usermeta, data} = JSON.parse(place.nextElementSibling.textContent);
  const press = (button, on) => button.setAttribute("aria-pressed", on);
  const signal = (name, on, button) => { state[name] = on; press(button, on); views.get(place)?.signal(name, on).run(); };
  const lines = element("div", {className: "lines"}, ...usermeta.lines.map(({name, colour, dash, hidden}, number) => {
    const swatch = `<svg viewBox="0 0 24 6" aria-hidden="true"><path d="M0 3H24" stroke="${colour}" stroke-width="2.5"`
      + ` stroke-dasharray="${dash}"/></svg>`;
    const icon = element("span");
    icon.innerHTML = swatch;
    state[`show${number}`] = !hidden;
    return toggle([icon, name], !hidden, (on, button) => signal(`show${number}`, on, button), chartWords.toggle);
  }));
  lines.setAttribute("role", "group");
  lines.setAttribute("aria-label", chartWords.lines);
  const more = element("div", {className: "more"});
  if (usermeta.seeds) more.append(toggle(chartWords.seeds, false, (on, button) => signal("seeds", on, button)));
  if (!usermeta.log) more.append(toggle(usermeta.share ? chartWords.log_error : chartWords.log, false, (on, button) => {
    state.log = on;
    press(button, on);
    draw(place);
  }));
  const reset = element("button", {type: "button", title: chartWords.zoom, onclick: () => draw(place)}, chartWords.reset);
  const csv = element("button", {type: "button", onclick: () => save(`${nameOf(place)}.csv`, data.values, "text/csv")}, "CSV");
  more.append(reset, ...["PNG", "SVG"].map(kind =>
    element("button", {type: "button", onclick: () => picture(place, kind.toLowerCase())}, kind)), csv);
  place.before(element("div", {className: "tools"}, lines, more));
};
const seen = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting).forEach(entry => {
  seen.unobserve(entry.target);
  draw(entry.target);
}), {rootMargin: "400px"});
const charts = [...document.querySelectorAll(".chart")];
// Whoever comes by keyboard finds the buttons before the chart is drawn.
charts.forEach(equip);
charts.forEach(listen);
charts.forEach(place => seen.observe(place));
addEventListener("beforeprint", () => charts.filter(place => !place.childElementCount).forEach(draw));
dark.addEventListener("change", () => charts.filter(place => views.has(place)).forEach(draw));

// Of charts of several metrics one is shown.
document.querySelectorAll("select.metric").forEach(choice => choice.onchange = () => {
  choice.closest("figure").querySelectorAll(".one").forEach(each => each.hidden = each.dataset.metric !== choice.value);
});

// Files that lie beside the pages are not beside them in Snakemake's report, which lists them in its menu.
const inReport = location.pathname.includes("/data/raw/");
document.querySelectorAll("[data-file]").forEach(link => inReport ? link.remove() : link.href = `../${link.dataset.file}`);
document.querySelectorAll(".of-menu").forEach(line => line.hidden = !inReport);
document.querySelectorAll(".files").forEach(line => line.hidden = !line.querySelector("a"));

// The verdicts and the words in the box filter claims, in the plot as in the table.
const buttons = [...document.querySelectorAll(".tally button")];
const box = document.querySelector("input.filter");
const filter = () => {
  const chosen = buttons.find(button => button.getAttribute("aria-pressed") === "true")?.dataset.verdict;
  const words = (box?.value || "").toLowerCase().split(/\s+/).filter(Boolean);
  const hidden = (row, verdict) => Boolean(chosen) && verdict !== chosen
    || !words.every(each => row.textContent.toLowerCase().includes(each));
  document.querySelectorAll("#claims tbody tr").forEach(row => {
    row.hidden = hidden(row, row.cells[row.cells.length - 1].dataset.value);
  });
  const rows = [...document.querySelectorAll(".forest > li")];
  rows.forEach(row => row.hidden = hidden(row, row.dataset.verdict));
  const none = document.querySelector(".none");
  if (none) none.textContent = rows.every(row => row.hidden) ? none.dataset.text : "";
};
buttons.forEach(button => button.onclick = () => {
  const on = button.getAttribute("aria-pressed") !== "true";
  buttons.forEach(each => each.setAttribute("aria-pressed", on && each === button));
  filter();
});
if (box) box.oninput = filter;

document.querySelectorAll("button.save").forEach(button => button.onclick = () =>
  save(button.dataset.name, button.nextElementSibling.textContent, "application/json"));

// The names of many exercises are wider than a phone: show the place of this one.
const here = document.querySelector("nav a[aria-current]");
here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2 - here.parentElement.offsetLeft;
