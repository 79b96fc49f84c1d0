// Sets the numbers of the page: `compute` above is the generator's code, `data` what the program knew.

const data = JSON.parse(document.getElementById("data").textContent);
const NAMES = { inf: Infinity, "-inf": -Infinity, nan: NaN };
const LARGEST_WHOLE = 8; // entries of an array that is shown whole
const FIRST = 3; // entries that stand for a larger one
const MATRIX = 4; // rows, and entries of a row, in the drawing

let numbers = data.isLive ? data.numbers.map(read) : [];
let current = 0;
const inputs = data.inputs.map((input) => input.numbers.map(read));
const starts = [];
(data.shapes ?? []).reduce((start, shape) => (starts.push(start), start + size(shape)), 0);

function size(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

function read(text) {
  const word = text.trim().toLowerCase().replace("−", "-");
  if (word in NAMES) return NAMES[word];
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(word) ? Number(word) : undefined;
}

// The number with so many significant digits, as the command line writes it.
function written(number) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (number === 0) return Object.is(number, -0) ? "-0" : "0";
  const digits = data.digits;
  const [mantissa, power] = rounded(number, digits).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < digits) {
    return stripped(Number(`${mantissa}e${exponent}`).toFixed(Math.max(0, digits - 1 - exponent)));
  }
  return `${stripped(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

// Exponential notation; of two equally near ones the even, where JavaScript takes the larger.
function rounded(number, digits) {
  const up = number.toExponential(digits - 1);
  const exact = number.toExponential(Math.min(100, digits + 30));
  const rest = exact.split("e")[0].replace("-", "").replace(".", "").slice(digits);
  if (!/^50*$/.test(rest) || "02468".includes(up.split("e")[0].slice(-1))) return up;
  const cut = exact.split("e")[0].replace("-", "").replace(".", "").slice(0, digits);
  return `${number < 0 ? "-" : ""}${cut[0]}.${cut.slice(1)}e${exact.split("e")[1]}`;
}

function stripped(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function entries(quantity) {
  return numbers.slice(starts[quantity], starts[quantity] + size(data.shapes[quantity]));
}

// The whole quantity on a line; of a large array the first entries and the shape.
function summary(quantity, withShape) {
  const shape = data.shapes[quantity];
  const found = entries(quantity);
  if (!shape.length) return written(found[0]);
  const named = `(${shape.join(", ")})`;
  if (found.length > LARGEST_WHOLE) {
    const [open, close] = ["[".repeat(shape.length), "]".repeat(shape.length)];
    return `${open}${found.slice(0, FIRST).map(written).join(", ")}, …${close} ${named}`;
  }
  let parts = found.map(written);
  for (const length of [...shape].reverse()) {
    const next = [];
    for (let start = 0; start < parts.length; start += length || 1) {
      next.push(`[${parts.slice(start, start + length).join(", ")}]`);
    }
    parts = next;
  }
  return (parts[0] ?? "[]") + (withShape ? ` ${named}` : "");
}

// A line of the drawing: a number, a row, or a row of a matrix.
function line(quantity, place) {
  const shape = data.shapes[quantity];
  if (!shape.length || shape.length > 2 || !size(shape)) return summary(quantity, false);
  const width = shape[shape.length - 1];
  if (shape.length === 2 && shape[0] > MATRIX && place === MATRIX - 1) return "…";
  const row = entries(quantity).slice(place * width, (place + 1) * width);
  const kept = row.length <= MATRIX ? row : row.slice(0, MATRIX - 1);
  return `[${[...kept.map(written), ...(kept.length < row.length ? ["…"] : [])].join(", ")}]`;
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

// Everything that depends on the numbers or on the step.
function show() {
  for (const one of document.querySelectorAll("svg [data-quantity], table [data-quantity]")) {
    const quantity = Number(one.dataset.quantity);
    if (data.isLive) {
      one.textContent = "line" in one.dataset ? line(quantity, Number(one.dataset.line)) : summary(quantity, true);
    }
    one.classList.toggle("pending", current > 0 && Number(one.dataset.step) > current);
  }
  for (const [wire, quantity] of Object.entries(data.tests)) {
    const isTaken = entries(quantity).some((number) => number !== 0);
    for (const path of document.querySelectorAll(`[data-wire="${wire}"]`)) path.classList.toggle("dashed", !isTaken);
  }
  explain();
}

function explain() {
  const step = current > 0 ? data.steps[current - 1] : null;
  const where = step ? `Step ${current} of ${data.steps.length}, ${step.phase} pass` : "Both passes at once";
  const paragraphs = [paragraph("where", [{ kind: "prose", text: where }])];
  if (!step && data.steps.length) {
    const text = `Next goes through them gate by gate, in ${data.steps.length} step${data.steps.length === 1 ? "" : "s"}.`;
    paragraphs.push(paragraph("item", [{ kind: "prose", text }]));
  }
  for (const one of step ? step.lines : []) {
    const isTaken = !("test" in one) || entries(one.test).some((number) => number !== 0);
    paragraphs.push(paragraph(one.kind, isTaken ? one.pieces : one.otherwise));
  }
  document.getElementById("explanation").replaceChildren(...paragraphs);
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
    one.classList.toggle("current", elements.has(one.dataset.element));
  }
  const first = document.querySelector("svg .current");
  const circuit = document.querySelector(".circuit");
  if (first && circuit.scrollWidth > circuit.clientWidth) {
    const box = first.getBoundingClientRect();
    const frame = circuit.getBoundingClientRect();
    circuit.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
  }
  for (const [ids, end] of [[["first", "previous"], 0], [["next", "last"], data.steps.length]]) {
    // not `disabled`, which would take the focus away from the button that was just pressed
    for (const id of ids) document.getElementById(id).setAttribute("aria-disabled", String(current === end));
  }
  show();
}

// A slider's range: round numbers, wide enough for what it stands at.
function reach(number) {
  const wanted = Math.max(Number.isFinite(number) ? 2 * Math.abs(number) : 0, 5);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((factor) => factor * power).find((bound) => bound >= wanted);
}

function place(slider, number) {
  const bound = Number(slider.max) >= Math.abs(number) && slider.dataset.isSet ? Number(slider.max) : reach(number);
  slider.min = -bound;
  slider.max = bound;
  slider.step = bound / 100;
  slider.dataset.isSet = "yes";
  if (Number.isFinite(number)) slider.value = number;
  slider.setAttribute("aria-valuetext", written(number));
}

function wire(control) {
  const { input, entry } = control.dataset;
  const box = document.getElementById(`number-${input}-${entry}`);
  const slider = document.getElementById(`slider-${input}`);
  if (control === slider) place(slider, inputs[input][entry]);
  control.addEventListener("input", () => {
    const number = read(control.value);
    box.setAttribute("aria-invalid", String(number === undefined));
    if (number === undefined) return;
    inputs[input][entry] = number;
    if (control === slider) {
      box.value = String(Number(number.toPrecision(12)));
      slider.setAttribute("aria-valuetext", written(number));
    } else if (slider) {
      place(slider, number);
    }
    recompute();
  });
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
document.querySelectorAll("[data-input]").forEach(wire);
go(0);
