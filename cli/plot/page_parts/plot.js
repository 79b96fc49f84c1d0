"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const svg = document.querySelector("svg");
const readout = document.getElementById("readout");
const layer = svg.querySelector(".pointer");
const NAMESPACE = "http://www.w3.org/2000/svg";
const REACH = 90; // pixels of a tangent to each side of its point

const scaled = (axis, value) => axis.isLog ? Math.log10(value) : value;
const fraction = (axis, value) => (scaled(axis, value) - scaled(axis, axis.low)) / (scaled(axis, axis.high) - scaled(axis, axis.low));
// What the fraction gains where the value grows by one.
const slopeOf = (axis, value) => 1 / ((scaled(axis, axis.high) - scaled(axis, axis.low)) * (axis.isLog ? value * Math.LN10 : 1));
const across = (panel, value) => panel.left + panel.width * fraction(panel.x, value);
const up = (panel, value) => panel.top + panel.height * (1 - fraction(panel.y, value));
const shown = value => value === null ? "not finite" : String(Number(value.toPrecision(6)));

function draw(tag, attributes) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  layer.append(element);
}

function line(panel, x, y, right, above, names) {
  const length = Math.hypot(right, above);
  if (!(length > 0) || !Number.isFinite(length)) return;
  const dx = REACH * right / length, dy = -REACH * above / length;
  draw("line", {x1: x - dx, y1: y - dy, x2: x + dx, y2: y + dy, class: names, "clip-path": `url(#clip-${panel.number})`});
}

// The sample of a side that is nearest to a place between 0 and 1: they lie at equal distances on their axis.
const nearest = (place, count) => Math.min(count - 1, Math.max(0, Math.round(place * (count - 1))));

function showCurves(index) {
  const x = data.x[index], lines = [`${data.name} = ${shown(x)}`];
  layer.replaceChildren();
  for (const panel of data.panels) {
    const left = across(panel, x);
    draw("line", {x1: left, y1: panel.top, x2: left, y2: panel.top + panel.height, class: "guide"});
    for (const curve of panel.curves) {
      const value = curve.values[index];
      lines.push(`${curve.label} = ${shown(value)}`);
      const place = value === null ? NaN : fraction(panel.y, value);
      if (!(place >= 0 && place <= 1)) continue;
      const slope = curve.slopes ? curve.slopes[index] : null;
      if (slope !== null) {
        const right = panel.width * slopeOf(panel.x, x), above = panel.height * slopeOf(panel.y, value) * slope;
        line(panel, left, up(panel, value), right, above, "tangent");
      }
      draw("circle", {cx: left, cy: up(panel, value), r: 5});
    }
    for (const curve of panel.curves) if (curve.slopes && curve.tells) lines.push(`${curve.tells} = ${shown(curve.slopes[index])}`);
  }
  readout.textContent = lines.join("    ");
}

function showField(column, row) {
  const [panel] = data.panels, index = row * data.x.length + column;
  const x = data.x[column], y = data.y[row], value = data.values[index];
  const [alongX, alongY] = data.gradients.map(one => one[index]);
  layer.replaceChildren();
  if (value !== null && alongX !== null && alongY !== null) {
    const wide = panel.width * slopeOf(panel.x, x), high = panel.height * slopeOf(panel.y, y);
    const right = alongX * wide, above = alongY * high;
    const left = across(panel, x), top = up(panel, y), length = Math.hypot(right, above);
    for (const names of ["over", "level"]) line(panel, left, top, -alongY * wide, alongX * high, names);
    if (length > 0 && Number.isFinite(length)) {
      const ends = {x1: left, y1: top, x2: left + 60 * right / length, y2: top - 60 * above / length};
      draw("line", {...ends, class: "over"});
      draw("line", {...ends, class: "arrow", "marker-end": "url(#arrow)"});
    }
  }
  draw("circle", {cx: across(panel, x), cy: up(panel, y), r: 5});
  const [first, second] = data.names;
  readout.textContent = [`${first} = ${shown(x)}`, `${second} = ${shown(y)}`, `f = ${shown(value)}`,
    `df/d${first} = ${shown(alongX)}`, `df/d${second} = ${shown(alongY)}`].join("    ");
}

let column = (data.x.length - 1) >> 1, row = data.y ? (data.y.length - 1) >> 1 : 0;
const show = () => data.y ? showField(column, row) : showCurves(column);

function point(event) {
  const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const [panel] = data.panels;
  column = nearest((place.x - panel.left) / panel.width, data.x.length);
  if (data.y) row = nearest(1 - (place.y - panel.top) / panel.height, data.y.length);
  show();
}
svg.addEventListener("pointermove", point);
svg.addEventListener("pointerdown", point);
svg.addEventListener("keydown", event => {
  const step = event.shiftKey ? 10 : 1;
  const moves = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step]};
  const move = moves[event.key];
  if (!move || (move[1] && !data.y)) return;
  event.preventDefault();
  column = Math.min(data.x.length - 1, Math.max(0, column + move[0]));
  if (data.y) row = Math.min(data.y.length - 1, Math.max(0, row + move[1]));
  show();
});
