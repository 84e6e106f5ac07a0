// The buffer window: a plane of dots, a slider through the training, and a button that draws a batch.

const WIDTH = 600, HEIGHT = 340, LEFT = 50, RIGHT = 590, UP = 12, DOWN = 300, ANGLE = 0.3, SPIN = 3.5; // the plane, and its limits in rad and rad/s

// A cross for what was terminated, a dot for the others; a ring around each that was drawn.
function plane() {
  const across = angle => LEFT + (RIGHT - LEFT) * (angle + ANGLE) / (2 * ANGLE), upward = spin => DOWN - (DOWN - UP) * (spin + SPIN) / (2 * SPIN);
  const within = (value, limit) => Math.min(Math.max(value, -limit), limit);
  const dots = draw("g"), rings = draw("g", {fill: "none", stroke: COLOURS.high, "stroke-width": 2.5});
  const label = (x, y, text, more = {}) => draw("text", {x, y, "text-anchor": "middle", style: "fill:#222", ...more}, text);
  const limits = [-12, 12].map(degrees => { const x = across(degrees * Math.PI / 180); return draw("line", {x1: x, x2: x, y1: UP, y2: DOWN, stroke: COLOURS.high, "stroke-dasharray": "5 4"}); });
  const picture = draw("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img"}, draw("path", {d: `M${LEFT} ${UP}V${DOWN}H${RIGHT}`, fill: "none", stroke: "#222"}), ...limits,
    ...[-0.2, -0.1, 0, 0.1, 0.2].map(v => label(across(v), DOWN + 16, number(v, 1))), ...[-3, -2, -1, 0, 1, 2, 3].map(v => label(LEFT - 6, upward(v) + 4, number(v, 0), {"text-anchor": "end"})),
    label((LEFT + RIGHT) / 2, HEIGHT - 6, "pole angle (rad); dashed: the limits, ±12°"),
    label(14, (UP + DOWN) / 2, "angular velocity (rad/s)", {transform: `rotate(-90 14 ${(UP + DOWN) / 2})`}), dots, rings);
  function update(world) {
    const place = ([angle, spin]) => [across(within(angle, ANGLE)), upward(within(spin, SPIN))];
    dots.replaceChildren(...world.rows.map(row => {
      const [x, y] = place(row), [colour] = ramp(row[3] / world.whole.size); // the newest are dark
      return row[2] ? draw("path", {d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8`, stroke: colour, "stroke-width": 2.5}) : draw("circle", {cx: x, cy: y, r: 3.5, fill: colour, stroke: "#5558", "stroke-width": 0.7});
    }));
    rings.replaceChildren(...world.drawn.map(k => { const [x, y] = place(world.rows[k]); return draw("circle", {cx: x, cy: y, r: 7}); }));
    picture.setAttribute("aria-label", `${world.rows.length} transitions of the buffer; ${world.rows.filter(row => row[2]).length} of them terminated; ${world.drawn.length} drawn`);
  }
  return {picture, update};
}

const percent = share => `${(100 * share).toFixed(1)} %`;
const whole = value => Math.round(value).toLocaleString("en");

// Marks for the colours of age, from the newest to the oldest.
function ages() {
  const picture = draw("svg", {viewBox: "0 0 300 34", role: "img", "aria-label": "Colour is age: dark is new, bright is old", class: "play-chart"});
  const oldest = draw("text", {x: 300, y: 30, "text-anchor": "end"});
  for (let k = 0; k < 30; k++) picture.append(draw("rect", {x: 10 * k, width: 10.5, height: 14, fill: ramp(k / 29)[0]}));
  picture.append(draw("text", {x: 0, y: 30}, "age: just added"), oldest);
  return {picture, update: size => { oldest.textContent = `${whole(size)} steps`; }};
}

function render({model, el}) {
  const root = frame(el, "buffer-window"), moments = model.get("snapshot").moments;
  const message = make("p", {class: "play-message", role: "status", "aria-live": "polite"});
  const kernel = asker(model, root, words => { message.textContent = words; show(); });
  const scatter = plane(), scale = ages(), all = make("p"), batch = make("p", {class: "play-equation"});
  const when = slider({name: "moment", label: "After env steps", min: 0, max: moments.length - 1, step: 1, value: model.get("snapshot").at,
    show: v => whole(moments[v]), oninput: at => kernel.ask("look_at", {at})});
  const again = button("Draw a batch", () => kernel.ask("draw"), {"data-do": "draw"});
  root.append(when.row, make("div", {class: "play-field"}, scatter.picture), make("div", {class: "play-row"}, again), message,
    make("div", {class: "play-columns"}, make("div", {}, make("h4", {}, "The buffer"), all, scale.picture), make("div", {}, make("h4", {}, "The batch"), batch)));

  function show() {
    const w = model.get("snapshot"), size = w.whole.size;
    when.update(w.at);
    scatter.update(w);
    scale.update(size);
    all.textContent = `${whole(size)} transitions, ${percent(w.whole.terminated)} of them terminated; mean age ${whole(w.whole.age)} env steps. ` +
      `Shown are ${w.rows.length} of them, taken at random. A dot: the pole stood on; a cross: terminated.`;
    batch.textContent = w.draws === 0 ? "None drawn yet. Press the button, more than once." :
      `${w.batch_size} drawn (rings; a transition may come twice): ${w.batch.terminated} terminated, ${percent(w.batch.terminated / w.batch_size)}; ` +
      `mean age ${whole(w.batch.age)} env steps. Of ${w.draws} batches so far ${w.without} had no terminated transition at all.`;
    set(root, {"data-at": w.at, "data-draws": w.draws});
  }
  model.on("change:snapshot", show);
  show();
  return () => { kernel.stop(); model.off("change:snapshot", show); };
}

export default {render};
