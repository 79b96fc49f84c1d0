// Writes the numbers of the page as the command line writes them. Knows neither inputs nor steps.

const LARGEST_WHOLE = 8; // entries of an array that is shown whole
const FIRST = 3; // entries that stand for a larger one
const MATRIX = 4; // rows, and entries of a row, in the drawing

function size(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

// The number with so many significant digits, as the command line writes it.
function written(number) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (number === 0) return "0";  // and not -0, as everywhere in pictures
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
