// The view of the circuit: its size, the gate of the step in the middle, and what belongs together under the pointer.

const SMALLEST_READABLE = 0.7; // a circuit that would be smaller starts at its own size
const LARGEST_FIT = 1.5;
const ZOOM = 1.25; // of one press
const [SMALLEST, LARGEST] = [0.1, 8];
const MARGIN = 12; // pixels

const drawing = document.querySelector("svg");
const frame = document.getElementById("frame");
const title = document.getElementById("title"); // the expression
const natural = { width: Number(drawing.getAttribute("width")), height: Number(drawing.getAttribute("height")) };
let chosen = null; // the scale that was asked for; null: what fits

function fitting() {
  const style = getComputedStyle(frame);
  const width = frame.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const height = parseFloat(style.maxHeight) - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  return Math.min(width / natural.width, height / natural.height, LARGEST_FIT);
}

function scaleNow() {
  const fit = fitting();
  return chosen ?? (fit < SMALLEST_READABLE ? 1 : fit);
}

function zoom(scale) {
  chosen = scale && Math.min(Math.max(scale, SMALLEST), LARGEST);
  drawing.style.width = `${natural.width * scaleNow()}px`;
  reveal();
}

function center(outer, inner) {
  const [box, around] = [inner.getBoundingClientRect(), outer.getBoundingClientRect()];
  outer.scrollLeft += box.left + box.width / 2 - around.left - outer.clientWidth / 2;
  outer.scrollTop += box.top + box.height / 2 - around.top - outer.clientHeight / 2;
}

// The gate of the step into the middle of the frame, the frame into the window where nothing of the step is seen, and the
// end of its text, as far as the gate stays.
function reveal() {
  const gate = drawing.querySelector("g.current .body") ?? drawing.querySelector("g.current");
  if (!gate) return;
  center(frame, gate);
  const part = title.querySelector(".current");
  if (part) center(title, part);
  const row = document.querySelector("tr.current");
  if (!isSeen(frame) && !(row && isSeen(row))) frame.scrollIntoView({ block: "nearest" });
  const hidden = document.getElementById("explanation").getBoundingClientRect().bottom + MARGIN - innerHeight;
  const room = gate.getBoundingClientRect().top - MARGIN;
  if (hidden > 0 && room > 0) scrollBy(0, Math.min(hidden, room));
}

function isSeen(element) {
  const box = element.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}

// What the pointer is on, in the table, the formula and the circuit alike.
function link(event) {
  const target = event.type === "mouseleave" ? null : event.target.closest("[data-element]");
  const elements = target ? target.dataset.element.split(" ") : [];
  for (const one of document.querySelectorAll(".linked")) one.classList.remove("linked");
  for (const element of elements) {
    for (const one of document.querySelectorAll(`[data-element~="${element}"]`)) one.classList.add("linked");
  }
}

function wireCircuit() {
  document.addEventListener("mouseover", link);
  document.documentElement.addEventListener("mouseleave", link);
  document.getElementById("closer").addEventListener("click", () => zoom(scaleNow() * ZOOM));
  document.getElementById("farther").addEventListener("click", () => zoom(scaleNow() / ZOOM));
  document.getElementById("fit").addEventListener("click", () => zoom(fitting()));
  addEventListener("resize", () => zoom(chosen));
  zoom(null);
}
