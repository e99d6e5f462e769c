// Ask for the study's state every few seconds and show what has changed. All texts are set as text, never as HTML.
"use strict";
const SVG = "http://www.w3.org/2000/svg";
const seconds = 3;
const at = (id) => document.getElementById(id);

function element(name, className, text) {
  const item = document.createElement(name);
  if (className) item.className = className;
  if (text !== undefined) item.textContent = text;
  return item;
}

function plot(curve) {
  const all = [...curve.lines, curve.mean].flat();
  const epochs = all.map((point) => point[0]), values = all.map((point) => point[1]);
  const [left, right] = [Math.min(...epochs), Math.max(...epochs)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (epoch) => (right > left ? 100 * (epoch - left) / (right - left) : 50).toFixed(2);
  const y = (value) => (high > low ? 100 - 100 * (value - low) / (high - low) : 50).toFixed(2);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "plot");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("preserveAspectRatio", "none");
  for (const [points, kind] of [...curve.lines.map((line) => [line, "run"]), [curve.mean, "mean"]]) {
    const line = document.createElementNS(SVG, "polyline");
    // A line from a single point to itself shows as a dot.
    const ends = points.length === 1 ? [...points, ...points] : points;
    line.setAttribute("class", points.length === 1 ? `${kind} dot` : kind);
    line.setAttribute("points", ends.map(([epoch, value]) => `${x(epoch)},${y(value)}`).join(" "));
    svg.append(line);
  }
  const figure = element("figure");
  figure.append(element("h3", "", curve.variant), svg);
  const axes = element("div", "axes");
  axes.append(element("span", "", `epoch ${left}`), element("span", "", `${curve.metric}: ${low.toPrecision(3)} to ${high.toPrecision(3)}`),
    element("span", "", `epoch ${right}`));
  figure.append(axes, element("figcaption", "", `${curve.lines.length} of ${curve.runs} runs`));
  return figure;
}

function row(run) {
  const item = element("tr");
  item.append(element("td", "", run.block), element("td", `state ${run.state}`, run.state));
  for (const text of [run.runs, run.epoch, run.value, run.pace, run.left]) item.append(element("td", "number", text));
  item.append(element("td", "", run.why));
  return item;
}

function failure(run) {
  const item = element("div");
  item.append(element("b", "", run.block), element("pre", "", run.message));
  return item;
}

function show(study) {
  at("title").textContent = study.title;
  document.title = `${study.done} of ${study.blocks}: ${study.title}`;
  at("sums").textContent = study.sums;
  at("sums").classList.remove("stale");
  at("curves").replaceChildren(...study.curves.map(plot));
  at("runs").replaceChildren(...study.runs.map(row));
  at("failures").hidden = study.failures.length === 0;
  at("failures").querySelector("div").replaceChildren(...study.failures.map(failure));
}

let last = "";
async function follow() {
  try {
    const answer = await fetch("study.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status === 403 ? "the page was started anew: open the address that it printed" : `answer ${answer.status}`);
    const text = await answer.text();
    if (text !== last) show(JSON.parse(text));
    last = text;
  } catch (error) {
    last = "";
    at("sums").textContent = `No news: ${error.message}`;
    at("sums").classList.add("stale");
  }
  setTimeout(follow, 1000 * seconds);
}
follow();
