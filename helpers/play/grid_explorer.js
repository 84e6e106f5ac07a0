// The grid explorer: draws the snapshot, hears clicks, keys and sliders. All learning is done by the kernel.

const TOOLS = [["#", "wall"], [".", "free grass"], ["G", "goal"], ["X", "pit"], ["S", "start"]];
const SPEEDS = [2, 10, 50, 200, 1000, 5000]; // env steps a second
const VIEWS = [["q_star", "the exact answer, Q*"], ["difference", "how wrong: Q − Q*"], ["errors", "last TD error of each entry"],
  ["counts", "how often each entry was updated"]];
const C = 100; // side of a cell, in the picture's own units
// The four triangles of a cell and the place of the number in each, by the direction of the move.
const TRIANGLES = {left: [[0, 0], [0, C]], right: [[C, 0], [C, C]], up: [[0, 0], [C, 0]], down: [[0, C], [C, C]]};
const PLACES = {left: [3, 55, "start"], right: [97, 55, "end"], up: [50, 20, "middle"], down: [50, 92, "middle"]};

// One grid; `onput(cell)` makes it one that can be changed. `update(world, values)` gives every entry fill and text.
function gridPicture(world, label, onput) {
  const [rows, columns] = [world.rows.length, world.rows[0].length];
  const picture = draw("svg", {viewBox: `-2 -2 ${columns * C + 4} ${rows * C + 4}`, class: "play-grid", role: onput ? "group" : "img",
    "aria-label": label});
  const cells = [];
  for (let k = 0; k < rows * columns; k++) {
    const [x, y] = [(k % columns) * C, Math.floor(k / columns) * C];
    const ground = draw("rect", {width: C, height: C});
    const entries = world.moves.map(move => {
      const points = [...TRIANGLES[move], [C / 2, C / 2]].map(p => p.join(",")).join(" ");
      return {part: draw("polygon", {points}), text: draw("text", {x: PLACES[move][0], y: PLACES[move][1], "text-anchor": PLACES[move][2]})};
    });
    const letter = draw("text", {x: C / 2, y: C / 2 + 14, "text-anchor": "middle", style: "font-size:40px;font-weight:700"});
    const arrow = draw("text", {x: C / 2, y: C / 2 + 9, "text-anchor": "middle"});
    const corner = draw("text", {x: 5, y: 17, style: "font-size:16px;font-weight:700;fill:#000;stroke:#fff;stroke-width:3;paint-order:stroke"});
    const cell = draw("g", {transform: `translate(${x} ${y})`, class: "cell"}, ground, ...entries.flatMap(e => [e.part]), ...entries.map(e => e.text),
      letter, arrow, corner, draw("rect", {width: C, height: C, class: "edge"}));
    if (onput) {
      set(cell, {role: "button", tabindex: k === 0 ? 0 : -1, "data-cell": k});
      cell.addEventListener("click", () => { onput(k); focusOn(k); });
      cell.addEventListener("keydown", event => {
        const move = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns}[event.key];
        const sideways = Math.abs(move) === 1 && Math.floor((k + move) / columns) !== Math.floor(k / columns);
        if (move && !sideways && cells[k + move]) focusOn(k + move);
        else if (event.key === "Enter" || event.key === " ") onput(k);
        else if (!move) return;
        event.preventDefault();
      });
    }
    cells.push({cell, ground, entries, letter, arrow, corner});
    picture.append(cell);
  }
  function focusOn(k) {
    cells.forEach((c, j) => c.cell.setAttribute("tabindex", j === k ? 0 : -1));
    cells[k].cell.focus();
  }
  const agent = draw("circle", {r: 15, fill: "none", stroke: "#D55E00", "stroke-width": 6, visibility: onput ? "visible" : "hidden"});
  const step = draw("line", {stroke: "#D55E00", "stroke-width": 5, visibility: "hidden"});
  picture.append(step, agent);
  const middle = k => [(k % columns + 0.5) * C, (Math.floor(k / columns) + 0.5) * C];
  function update(world, values, colour, text, greedy) {
    cells.forEach((c, k) => {
      const kind = world.rows[Math.floor(k / columns)][k % columns], acts = world.acts[k], best = Math.max(...values[k]);
      set(c.ground, {fill: {"#": "#444", G: "#009E73", X: "#000"}[kind] ?? "#ddd"});
      c.letter.textContent = acts ? "" : kind === "#" ? "" : kind;
      set(c.letter, {style: "font-size:40px;font-weight:700;fill:#fff"});
      c.corner.textContent = kind === "S" ? "S" : "";
      c.entries.forEach((e, a) => {
        const [fillColour, ink] = acts ? colour(values[k][a]) : ["none", "none"];
        set(e.part, {fill: fillColour, visibility: acts ? "visible" : "hidden", stroke: "#8888", "stroke-width": 0.7});
        e.text.textContent = acts ? text(values[k][a]) : "";
        set(e.text, {style: `font-size:14.5px;fill:${ink}`});
      });
      const chosen = acts && greedy ? greedy[k].indexOf(Math.max(...greedy[k])) : -1;
      const tied = acts && greedy && greedy[k].every(v => v === greedy[k][0]);
      c.arrow.textContent = chosen < 0 ? "" : tied ? "·" : world.arrows[chosen];
      set(c.arrow, {style: "font-size:24px;font-weight:700;fill:#000;stroke:#fff;stroke-width:4;paint-order:stroke"});
      if (onput) {
        const name = TOOLS.find(tool => tool[0] === kind)[1];
        const says = acts ? `, best action ${tied ? "not known yet" : world.moves[chosen]}, worth ${number(best)}` : "";
        set(c.cell, {"aria-label": `row ${Math.floor(k / columns)}, column ${k % columns}: ${name}${says}`});
      }
    });
    if (onput) {
      const [x, y] = middle(world.obs);
      set(agent, {cx: x, cy: y});
      if (world.last) {
        const [x1, y1] = middle(world.last.obs), [x2, y2] = middle(world.last.next_obs);
        set(step, {x1, y1, x2, y2, visibility: "visible"});
      } else set(step, {visibility: "hidden"});
    }
  }
  return {picture, update};
}

const brief = text => text.replace("0.", "."); // four numbers share a cell

function equation(world) {
  const last = world.last;
  if (!last) return "No step yet. Press “One step”: here the update will be written out.";
  const columns = world.rows[0].length, gamma = world.settings.gamma, alpha = world.settings.alpha;
  const place = k => `row ${Math.floor(k / columns)}, column ${k % columns}`;
  const after = last.terminated ? `${number(last.reward)} (the episode ends: nothing follows)`
    : `${number(last.reward)} + ${gamma.toFixed(2)} · ${number(last.next_best)} = ${number(last.target, 3)}`;
  return `Last step: from ${place(last.obs)}, ${world.moves[last.action]}, to ${place(last.next_obs)}. Target ${after}. ` +
    `Q was ${number(last.before, 3)}, so the TD error is ${signed(last.target - last.before, 3)}, and Q is now ` +
    `${number(last.before, 3)} + ${alpha.toFixed(2)} · (${signed(last.target - last.before, 3)}) = ${number(last.after, 3)}.`;
}

function render({model, el}) {
  const root = frame(el, "grid-explorer");
  let world = model.get("snapshot"), tool = "#", view = "q_star", running = false, speed = 1, last = 0, owed = 0, handle = 0;
  const message = make("p", {class: "play-message", role: "status", "aria-live": "polite"});
  const kernel = asker(model, root, words => {
    message.textContent = words;
    if (words) stop();
    world = model.get("snapshot");
    update();
  });
  const put = cell => kernel.ask("put", {cell, letter: tool}, `put ${cell}`);
  const learnt = gridPicture(world, "What the agent has learnt; each cell can be changed", put);
  const other = gridPicture(world, "The grid to compare with");
  const toolButtons = TOOLS.map(([letter, name]) => button(name, () => { tool = letter; update(); }, {"data-tool": letter}));
  const setting = (name, label, min, max, step) => slider({name, label, min, max, step, value: world.settings[name],
    show: v => number(v), oninput: value => kernel.ask("set", {name, value}, `set ${name}`)});
  const sliders = {gamma: setting("gamma", "discount γ", 0, 0.99, 0.01), alpha: setting("alpha", "step size α", 0, 1, 0.01),
    epsilon: setting("epsilon", "exploration ε", 0, 1, 0.01)};
  const rules = {slip: setting("slip", "chance of slipping", 0, 1, 0.05), step_reward: setting("step_reward", "reward of a step", -1, 0.5, 0.01),
    goal_reward: setting("goal_reward", "reward of the goal", -5, 5, 0.1), pit_reward: setting("pit_reward", "reward of a pit", -5, 5, 0.1)};
  const pace = slider({name: "speed", label: "speed", min: 0, max: SPEEDS.length - 1, step: 1, value: speed,
    show: k => `${SPEEDS[k].toLocaleString("en")} /s`, oninput: k => { speed = k; owed = 0; }});
  const run = button("Run", () => running ? stop() : start(), {"data-do": "run"});
  const say = (label, name, given) => button(label, () => { stop(); kernel.ask(name, given); }, {"data-do": name});
  const curve = chart("error of the table", "env steps", COLOURS.low);
  const sums = make("p", {class: "play-equation"}), numbers = make("p", {});
  const choice = select("Show", VIEWS, value => { view = value; update(); }, view);

  root.append(
    make("div", {class: "play-row", role: "group", "aria-label": "What a click puts into a cell"}, "A click on a cell of the left grid puts: ", ...toolButtons),
    make("div", {class: "play-columns"},
      make("div", {}, make("h4", {}, "Learnt: Q of each move, and the best one"), learnt.picture),
      make("div", {}, make("h4", {}, choice.row), other.picture)),
    make("div", {class: "play-row"}, run, say("One step", "advance", {num_steps: 1}), say("One episode", "finish_episode"), say("Forget", "forget"),
      say("Start over", "restore")),
    make("div", {class: "play-columns"}, make("div", {}, ...Object.values(sliders).map(s => s.row), pace.row, numbers, message,
      make("details", {}, make("summary", {}, "The rules of the world"), ...Object.values(rules).map(s => s.row))),
      make("div", {}, make("h4", {}, "Error of the table (root mean square)"), curve.picture, sums)));

  function start() { running = true; last = performance.now(); owed = 0; update(); handle = requestAnimationFrame(tick); }
  function stop() { running = false; cancelAnimationFrame(handle); update(); }
  function tick(now) {
    if (!running) return;
    owed = Math.min(owed + SPEEDS[speed] * (now - last) / 1000, 1000);
    last = now;
    const due = Math.floor(owed), enough = calm() ? owed >= SPEEDS[speed] / 2 : due >= 1; // calm: two pictures a second
    if (due >= 1 && enough && kernel.isFree()) {
      kernel.ask("advance", {num_steps: due});
      owed -= due;
    }
    handle = requestAnimationFrame(tick);
  }
  function update() {
    const stars = world.q_star.filter((_, k) => world.acts[k]).flat(), [low, high] = [Math.min(...stars, 0), Math.max(...stars, 0.01)];
    const value = v => ramp((v - low) / (high - low));
    learnt.update(world, world.q, value, v => brief(number(v)), world.q);
    const difference = world.q.map((row, k) => row.map((v, a) => v - world.q_star[k][a]));
    const most = values => Math.max(...values.flat().map(Math.abs), 0.05);
    const logged = Math.log1p(most(world.counts));
    if (view === "q_star") other.update(world, world.q_star, value, v => brief(number(v)), world.q_star);
    else if (view === "counts") other.update(world, world.counts, v => ramp(Math.log1p(v) / logged), v => v > 9999 ? `${Math.round(v / 1000)}k` : `${v}`);
    else {
      const shown = view === "errors" ? world.errors : difference, scale = Math.max(most(shown), 0.1);
      other.update(world, shown, v => twoSided(v / scale), v => v === 0 ? "0" : brief(signed(v)));
    }
    for (const b of toolButtons) b.setAttribute("aria-pressed", b.dataset.tool === tool);
    run.textContent = running ? "Pause" : "Run";
    run.setAttribute("aria-pressed", running);
    for (const [name, s] of Object.entries({...sliders, ...rules})) s.update(world.settings[name]);
    curve.update(...world.curve);
    sums.textContent = equation(world);
    const recent = world.recent_return === null ? "none yet" : number(world.recent_return);
    numbers.textContent = `${world.steps.toLocaleString("en")} env steps, ${world.episodes.toLocaleString("en")} episodes; mean return of the last 20: ` +
      `${recent}. Error ${world.rms.toFixed(3)}; ${world.wrong} of ${world.acts.filter(Boolean).length} arrows are wrong. Value at the start: ` +
      `the learnt policy ${number(world.value, 3)}, the best policy ${number(world.best, 3)}.`;
    set(root, {"data-steps": world.steps, "data-running": running});
  }
  const changed = () => { world = model.get("snapshot"); update(); };
  model.on("change:snapshot", changed);
  update();
  return () => { running = false; cancelAnimationFrame(handle); kernel.stop(); model.off("change:snapshot", changed); };
}

export default {render};
