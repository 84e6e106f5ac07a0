// What every piece shares: small builders of elements, one colour scale, one chart, and a polite way to ask the kernel.

const COLOURS = {low: "#0072B2", high: "#D55E00", good: "#009E73", pink: "#CC79A7", gold: "#E69F00", grey: "#5f5f5f"};
const SVG = "http://www.w3.org/2000/svg";
const CIVIDIS = [[0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115], [138, 134, 120],
  [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56]];

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

// The frame of a piece. Its keys are its own: JupyterLab's shortcuts do not hear them.
function frame(el, name) {
  const root = make("div", {class: "play", "data-piece": name, "data-lm-suppress-shortcuts": "true"});
  root.addEventListener("keydown", event => event.stopPropagation());
  el.append(root);
  return root;
}

function button(label, onclick, attributes = {}) {
  return make("button", {type: "button", onclick, ...attributes}, label);
}

// A slider with its name before it and its value behind it. `show(value)` is the text; `oninput(value)` hears of moves.
// `put(value)` moves it from outside; `update(value)` too, but leaves it alone while the reader holds it.
function slider({name, label, min, max, step, value, show, oninput}) {
  const text = make("output", {}, show(value));
  const input = make("input", {type: "range", min, max, step, value, name, "aria-label": label, "aria-valuetext": show(value)});
  const say = v => { text.textContent = show(v); input.setAttribute("aria-valuetext", show(v)); };
  input.addEventListener("input", () => { say(Number(input.value)); oninput(Number(input.value)); });
  const row = make("label", {class: "play-slider"}, make("span", {}, label), input, text);
  const put = v => { input.value = v; say(v); };
  return {row, input, put, update: v => { if (document.activeElement !== input) put(v); }};
}

function select(label, options, onchange, value) {
  const input = make("select", {"aria-label": label});
  for (const [key, text] of options) input.append(make("option", {value: key, selected: key === value}, text));
  input.addEventListener("change", () => onchange(input.value));
  return {row: make("label", {}, `${label} `, input), input};
}

const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const rgb = parts => `rgb(${parts.map(Math.round).join(",")})`;
const mix = (a, b, t) => a.map((v, k) => v + (b[k] - v) * t);
const bright = parts => 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] > 115;

// t from 0 to 1 -> [fill, colour of the text on it]
function ramp(t) {
  const place = Math.min(Math.max(t, 0), 1) * (CIVIDIS.length - 1), k = Math.min(Math.floor(place), CIVIDIS.length - 2);
  const parts = mix(CIVIDIS[k], CIVIDIS[k + 1], place - k);
  return [rgb(parts), bright(parts) ? "#000" : "#fff"];
}

// t from -1 (blue) over 0 (white) to 1 (orange)
function twoSided(t) {
  const end = t < 0 ? [0, 114, 178] : [213, 94, 0], parts = mix([255, 255, 255], end, Math.min(Math.abs(t), 1));
  return [rgb(parts), bright(parts) ? "#000" : "#fff"];
}

const signed = (value, digits = 2) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
const number = (value, digits = 2) => `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)}`;

// A line over x, with the largest value and the last x written at the axes. `update(x, y, here)` draws it anew, with a
// dashed line at `here`, if that is given.
function chart(label, xLabel, colour) {
  const line = draw("polyline", {fill: "none", stroke: colour, "stroke-width": 2});
  const top = draw("text", {x: 44, y: 14, "text-anchor": "end"}), right = draw("text", {x: 350, y: 126, "text-anchor": "end"});
  const mark = draw("line", {y1: 6, y2: 110, stroke: "currentColor", "stroke-dasharray": "3 3", visibility: "hidden", "pointer-events": "none"});
  const picture = draw("svg", {viewBox: "0 0 360 132", role: "img", class: "play-chart"},
    draw("path", {d: "M50 6V110H350", fill: "none", stroke: "currentColor"}), mark, line, top, right,
    draw("text", {x: 44, y: 112, "text-anchor": "end"}, "0"),
    draw("text", {x: 50, y: 126}, xLabel));
  const update = (x, y, here = null) => {
    const most = Math.max(...y, 1e-9), last = Math.max(x[x.length - 1], 1);
    line.setAttribute("points", x.map((v, k) => `${50 + 300 * v / last},${110 - 100 * y[k] / most}`).join(" "));
    if (here !== null) set(mark, {x1: 50 + 300 * here / last, x2: 50 + 300 * here / last, visibility: "visible"});
    top.textContent = most.toFixed(2);
    right.textContent = last.toLocaleString("en");
    picture.setAttribute("aria-label", `${label}: ${number(y[y.length - 1], 3)} after ${last} ${xLabel}`);
  };
  return {picture, update};
}

// Asks the kernel one thing at a time. What is asked meanwhile waits; the newest of one kind replaces an older one.
function asker(model, root, onanswer) {
  const waiting = new Map();
  let sent = model.get("answered"), busy = false, alarm = null;
  function next() {
    if (busy || waiting.size === 0) return;
    const [key, content] = waiting.entries().next().value;
    waiting.delete(key);
    busy = true;
    sent += 1;
    alarm = setTimeout(() => onanswer("The kernel does not answer. It is busy with another cell, or it was restarted: " +
      "then run this cell again."), 8000);
    model.send({...content, number: sent});
  }
  const heard = () => {
    if (model.get("answered") !== sent) { sent = Math.max(sent, model.get("answered")); return; }
    clearTimeout(alarm);
    busy = false;
    onanswer(model.get("message"));
    root.dataset.answered = sent;
    next();
  };
  model.on("change:answered", heard);
  return {
    ask: (name, given = {}, key = name) => { waiting.set(key, {do: name, with: given}); next(); },
    isFree: () => !busy && waiting.size === 0,
    stop: () => { clearTimeout(alarm); waiting.clear(); model.off("change:answered", heard); },
  };
}
