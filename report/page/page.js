// Curves are drawn when they come into sight: an exercise may have a dozen.
const marks = {decimal: document.body.dataset.decimal, thousands: document.body.dataset.thousands};
const locale = {...marks, grouping: [3], currency: ["", ""]};
const config = {
  font: "system-ui, sans-serif", background: null, view: {stroke: null},
  axis: {labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", gridColor: "#e6e9ee", domainColor: "#8a94a3"},
  legend: {labelFontSize: 12},
};
const draw = place => vegaEmbed(place, JSON.parse(place.nextElementSibling.textContent),
  {actions: false, renderer: "svg", config, formatLocale: locale});
const seen = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting).forEach(entry => {
  seen.unobserve(entry.target);
  draw(entry.target);
}), {rootMargin: "400px"});
document.querySelectorAll(".chart").forEach(place => seen.observe(place));
addEventListener("beforeprint", () => document.querySelectorAll(".chart:empty").forEach(draw));

// The verdicts filter the table of claims.
const buttons = [...document.querySelectorAll(".tally button")];
buttons.forEach(button => button.onclick = () => {
  const chosen = button.getAttribute("aria-pressed") === "true" ? null : button.dataset.verdict;
  buttons.forEach(each => each.setAttribute("aria-pressed", each.dataset.verdict === chosen));
  document.querySelectorAll("#claims tbody tr").forEach(row => {
    row.hidden = chosen !== null && row.cells[row.cells.length - 1].dataset.value !== chosen;
  });
});

document.querySelectorAll("button.save").forEach(button => button.onclick = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([button.nextElementSibling.textContent], {type: "application/json"}));
  link.download = button.dataset.name;
  link.click();
  URL.revokeObjectURL(link.href);
});


// Ten exercises are wider than a phone: show the place of this one.
const here = document.querySelector("nav a[aria-current]");
here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2 - here.parentElement.offsetLeft;
