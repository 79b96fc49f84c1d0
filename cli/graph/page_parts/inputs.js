// The inputs: for each entry a slider and a box, which hold the same number, and a way back to where they stood.

const SMALLEST_REACH = 5; // of a slider, unless its number is too small to be seen on it
const LARGEST_REACH = 1e308;
const TINIEST = 1e-300; // a hundredth of a smaller number is none
const STEPS = 100; // of a slider, from 0 to its end

// A slider's range follows its number: round, and twice as wide. It comes back with the number, and does not move under
// the hand that moves it.
function reach(number) {
  const distance = Math.abs(number);
  if (!Number.isFinite(number) || distance < TINIEST) return SMALLEST_REACH;
  const wide = Math.min(2 * distance, LARGEST_REACH);
  const wanted = distance < SMALLEST_REACH / STEPS ? wide : Math.max(wide, SMALLEST_REACH);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((factor) => factor * power).find((bound) => bound >= wanted);
}

function place(slider, number) {
  const bound = reach(number);
  slider.min = -bound;
  slider.max = bound;
  slider.step = bound / STEPS;
  if (Number.isFinite(number)) slider.value = number;
  slider.setAttribute("aria-valuetext", written(number));
}

function partner(control, kind) {
  return document.getElementById(`${kind}-${control.dataset.input}-${control.dataset.entry}`);
}

function complain(box, reason) {
  box.setAttribute("aria-invalid", String(Boolean(reason)));
  const complaint = partner(box, "complaint");
  complaint.textContent = reason ?? "";
  complaint.hidden = !reason;
}

function set(control, number) {
  inputs[control.dataset.input][control.dataset.entry] = number;
}

function slide(slider) {
  const number = Number(slider.value);
  const box = partner(slider, "number");
  box.value = String(Number(number.toPrecision(12)));
  slider.setAttribute("aria-valuetext", written(number));
  complain(box);
  set(slider, number);
  recompute();
}

function type(box) {
  const { number, reason } = reading(box.value);
  complain(box, reason);
  if (reason) return;
  place(partner(box, "slider"), number);
  set(box, number);
  recompute();
}

function reset() {
  for (const box of document.querySelectorAll("input[type=text]")) {
    box.value = data.inputs[box.dataset.input].numbers[box.dataset.entry];
    const number = read(box.value);
    complain(box);
    set(box, number);
    place(partner(box, "slider"), number);
  }
  recompute();
}

function wireInputs() {
  for (const slider of document.querySelectorAll("input[type=range]")) {
    place(slider, inputs[slider.dataset.input][slider.dataset.entry]);
    slider.addEventListener("input", () => slide(slider));
  }
  for (const box of document.querySelectorAll("input[type=text]")) box.addEventListener("input", () => type(box));
  document.getElementById("reset")?.addEventListener("click", reset);
}
