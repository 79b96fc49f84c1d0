// The page: its numbers, the step at which it stands, and what it shows of both. `compute` is the generator's code,
// `data` what the program knew.

const data = JSON.parse(document.getElementById("data").textContent);
let numbers = data.isLive ? data.numbers.map(Number) : [];
let current = 0;
const inputs = data.inputs.map((input) => input.numbers.map(read));
const starts = [];
(data.shapes ?? []).reduce((start, shape) => (starts.push(start), start + size(shape)), 0);

// A text of the page, with what stands in its places.
function said(word, ...given) {
  return data.words[word].replace(/\{(\d)\}/g, (_, place) => given[place]);
}

// All numbers, by what the inputs' entries are: `compute` takes arrays, and has no parameter for one without entries.
function numbersAt(entries) {
  const given = entries.map((flat, input) => inShape(flat, data.inputs[input].shape));
  return Object.values(compute(...given.filter((_, input) => entries[input].length)).gradient).flat(Infinity);
}

function inShape(flat, shape) {
  if (!shape.length) return flat[0];
  const [length, ...rest] = shape;
  return Array.from({ length }, (_, place) => inShape(flat.slice(place * size(rest), (place + 1) * size(rest)), rest));
}

function recompute() {
  numbers = numbersAt(inputs);
  show();
}

// Whether a condition of the branches holds; what has none always does.
function holds(one) {
  return !("test" in one) || entries(one.test).some((number) => number !== 0);
}

// Everything that depends on the numbers or on the step.
function show() {
  for (const one of document.querySelectorAll("svg [data-quantity], table [data-quantity]")) {
    const quantity = Number(one.dataset.quantity);
    if (data.isLive) {
      one.textContent = "line" in one.dataset ? line(quantity, Number(one.dataset.line)) : summary(quantity, true);
    }
  }
  for (const cell of document.querySelectorAll("td.how")) {
    const terms = data.how[cell.dataset.how].map((term) => (holds(term) ? term.pieces : term.otherwise).map(piece));
    cell.replaceChildren(...terms.flatMap((term, place) => (place ? [" + ", ...term] : term)));
  }
  for (const one of document.querySelectorAll("[data-step]")) {
    one.classList.toggle("pending", current > 0 && Number(one.dataset.step) > current);
  }
  for (const [wire, test] of Object.entries(data.tests)) {
    for (const path of document.querySelectorAll(`[data-wire="${wire}"]`)) {
      path.classList.toggle("dashed", !holds({ test }));
    }
  }
  explain();
}

function explain() {
  const step = current > 0 ? data.steps[current - 1] : null;
  const count = data.steps.length;
  const where = step ? said(step.phase, current, count) : said("both");
  const paragraphs = [paragraph("where", [{ kind: "prose", text: where }])];
  if (!step && count) paragraphs.push(paragraph("item", [{ kind: "prose", text: said(count === 1 ? "one" : "all", count) }]));
  for (const one of step ? step.lines : []) paragraphs.push(paragraph(one.kind, holds(one) ? one.pieces : one.otherwise));
  const explanation = document.getElementById("explanation");
  explanation.replaceChildren(...paragraphs);
  explanation.scrollTop = 0;
}

function paragraph(kind, pieces) {
  const found = document.createElement("p");
  found.className = kind;
  found.append(...pieces.map(piece));
  return found;
}

function piece(one) {
  if (one.kind === "prose") return one.text;
  const found = document.createElement(one.kind === "code" ? "code" : "span");
  let text = data.isLive && "quantity" in one ? summary(one.quantity, false) : one.text;
  if (one.tight && text.startsWith("-")) text = `(${text})`;
  if (one.kind !== "code") found.className = one.kind;
  found.textContent = text;
  return found;
}

function go(step) {
  current = Math.min(Math.max(step, 0), data.steps.length);
  const elements = new Set(current > 0 ? data.steps[current - 1].elements.map(String) : []);
  for (const one of document.querySelectorAll("[data-element]")) {
    one.classList.toggle("current", one.dataset.element.split(" ").some((element) => elements.has(element)));
  }
  for (const [ids, end] of [[["first", "previous"], 0], [["next", "last"], data.steps.length]]) {
    // not `disabled`, which would take the focus away from the button that was just pressed
    for (const id of ids) document.getElementById(id).setAttribute("aria-disabled", String(current === end));
  }
  show();
  reveal();
}

const KEYS = { ArrowLeft: () => go(current - 1), ArrowRight: () => go(current + 1), Home: () => go(0), End: () => go(data.steps.length) };

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});
document.getElementById("first").addEventListener("click", KEYS.Home);
document.getElementById("previous").addEventListener("click", KEYS.ArrowLeft);
document.getElementById("next").addEventListener("click", KEYS.ArrowRight);
document.getElementById("last").addEventListener("click", KEYS.End);
wireInputs();
wireCircuit();
go(0);
