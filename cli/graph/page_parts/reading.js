// Reads what is typed into a box: a number, or numbers with + - * / ^ and brackets, as 1/3, pi/2 or 2^-10.

const TOKEN = /\s*(?:(?<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?)|(?<name>[\p{L}_∞][\p{L}\p{N}_]*)|(?<sign>\*\*|\S))/giuy;
const SIGNS = { "·": "*", "×": "*", "÷": "/", "−": "-", "**": "^" };

class Unreadable extends Error {}

// The number of a text, or the reason why there is none.
function reading(text) {
  try {
    return { number: read(text) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { reason: error.message };
  }
}

function read(text) {
  const tokens = [...text.trim().matchAll(TOKEN)].map((found) => found[0].trim());
  const signs = tokens.map((token) => SIGNS[token] ?? token);
  let place = 0;
  const takes = (...wanted) => (wanted.includes(signs[place]) ? signs[place++] : "");

  function sum() {
    let total = product();
    for (let sign = takes("+", "-"); sign; sign = takes("+", "-")) total += sign === "+" ? product() : -product();
    return total;
  }

  function product() {
    let total = signed();
    for (let sign = takes("*", "/"); sign; sign = takes("*", "/")) total = sign === "*" ? total * signed() : total / signed();
    return total;
  }

  function signed() {
    const sign = takes("+", "-");
    return sign === "-" ? -signed() : sign ? signed() : power();
  }

  function power() {
    const base = atom();
    return takes("^") ? base ** signed() : base;
  }

  function atom() {
    const token = tokens[place];
    if (token === undefined || "+-*/^)".includes(signs[place])) {
      throw new Unreadable(place ? said("expected", tokens[place - 1]) : said("empty"));
    }
    place += 1;
    if (token === "(") {
      const inner = sum();
      if (!takes(")")) throw new Unreadable(place < tokens.length ? unexpected() : said("unclosed"));
      return inner;
    }
    if (/^[.\d]/.test(token)) return Number(token.replaceAll("_", ""));
    const name = token.toLowerCase() === "inf" || token.toLowerCase() === "nan" ? token.toLowerCase() : token;
    if (Object.hasOwn(data.constants, name)) return Number(data.constants[name]);
    throw new Unreadable(said(tokens[place] === "(" ? "function" : "unknown", token));
  }

  function unexpected() {
    const [before, token] = [tokens[place - 1], tokens[place]];
    if (token === "," && /^\d+$/.test(tokens[place + 1])) return said("comma", `${before}.${tokens[place + 1]}`);
    return said("operator", before, token);
  }

  const number = sum();
  if (place < tokens.length) throw new Unreadable(unexpected());
  return number;
}
