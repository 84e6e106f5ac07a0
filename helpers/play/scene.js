// A moment of CartPole: the cart and the pole on their track, and two bars that say what Q is there.

const W = 600, H = 230, GROUND = 190, METRE = 110; // the field, in its own units

// A cart with its pole, in a look of its own; `put(obs)` moves it.
function wagonOf(cartLook, poleLook, ...more) {
  const pole = draw("line", {y2: -METRE, "stroke-width": 9, "stroke-linecap": "round", ...poleLook});
  const wagon = draw("g", {}, draw("g", {class: "pole-place", transform: "translate(0 -28)"}, pole),
    draw("rect", {width: 64, height: 28, x: -32, y: -28, ...cartLook}), ...more);
  const put = ([x, , angle]) => {
    set(wagon, {transform: `translate(${W / 2 + x * METRE} ${GROUND})`});
    set(pole, {transform: `rotate(${angle * 180 / Math.PI})`});
  };
  return {wagon, put};
}

// The track. `update(body, action, words, next)` draws the action as an arrow and, if it is given, `next` in grey behind.
function field() {
  const arrow = draw("text", {y: -8, "text-anchor": "middle", style: "font-size:22px;fill:#fff"}), text = draw("text", {x: 24, y: 56, style: "font-size:32px;font-weight:700;fill:#222"});
  const now = wagonOf({fill: "#222"}, {stroke: COLOURS.gold}, arrow), later = wagonOf({fill: "#bbb"}, {stroke: "#bbb"});
  const limits = [-2.4, 2.4].map(x => draw("line", {x1: W / 2 + x * METRE, x2: W / 2 + x * METRE, y1: GROUND - 40, y2: GROUND + 12, stroke: COLOURS.high, "stroke-width": 3, "stroke-dasharray": "6 4"}));
  const cone = draw("path", {d: [-1, 1].map(s => `M0 -28L${s * 130 * Math.sin(MOST_ANGLE)} ${-28 - 130 * Math.cos(MOST_ANGLE)}`).join(""), stroke: COLOURS.high, "stroke-dasharray": "4 5", fill: "none"});
  now.wagon.prepend(cone);
  const picture = draw("svg", {viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": "The cart, the pole, and the limits at which an episode ends"},
    draw("line", {x1: 0, x2: W, y1: GROUND, y2: GROUND, stroke: "#222", "stroke-width": 2}), ...limits,
    draw("text", {x: W / 2, y: H - 8, "text-anchor": "middle", style: "fill:#222"}, "dashed: the episode ends at ±2.4 m and at ±12°"), later.wagon, now.wagon, text);
  const update = (body, action, words, next = null) => {
    now.put(body);
    set(later.wagon, {visibility: next ? "visible" : "hidden"});
    if (next) later.put(next);
    arrow.textContent = action === null ? "" : action === 1 ? "→" : "←";
    text.textContent = words;
  };
  return {picture, update};
}

// Two bars of Q from a line at 0, with a dashed line at the ceiling, above which no Q can be true; the larger has a frame.
const ZERO = 150, TOP = 280; // places of 0 and of the ceiling, in the picture's own units

function bars(ceiling) {
  const unit = (TOP - ZERO) / ceiling;
  const parts = ["left", "right"].map((name, k) => ({bar: draw("rect", {y: 6 + 32 * k, height: 22, fill: COLOURS.pink}),
    text: draw("text", {x: 104, y: 22 + 32 * k, "text-anchor": "end", style: "font-weight:700"}), name}));
  const mark = (at, more) => draw("line", {x1: at, x2: at, y1: 2, y2: 64, stroke: "currentColor", ...more});
  const picture = draw("svg", {viewBox: "0 0 340 82", role: "img"}, ...parts.flatMap((p, k) => [draw("text", {x: 2, y: 22 + 32 * k}, p.name), p.bar, p.text]),
    mark(ZERO, {}), mark(TOP, {"stroke-dasharray": "4 3"}), draw("text", {x: ZERO, y: 78, "text-anchor": "middle"}, "0"),
    draw("text", {x: TOP, y: 78, "text-anchor": "middle"}, `ceiling ${Math.round(ceiling)}`));
  const update = values => {
    parts.forEach((p, k) => {
      const length = Math.min(Math.max(unit * values[k], -36), 185); // beyond these the number alone says how much
      set(p.bar, {x: Math.min(ZERO, ZERO + length), width: Math.abs(length), stroke: values[k] === Math.max(...values) ? "currentColor" : "none", "stroke-width": 2});
      p.text.textContent = number(values[k], 2);
    });
    picture.setAttribute("aria-label", `Q of a push to the left ${number(values[0])}, to the right ${number(values[1])}`);
  };
  return {picture, update};
}
