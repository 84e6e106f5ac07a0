// The episode microscope: everything was recorded beforehand, so a step needs no kernel.

const SENSORS = [["cart position", "m", 3], ["cart velocity", "m/s", 3], ["pole angle", "rad", 4], ["angular velocity", "rad/s", 3]];
const SIDES = ["left", "right"];
const STEPS = {ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity};

// A table of two columns. `update(texts)` writes the second one.
function valuesTable(names) {
  const cells = names.map(() => make("td"));
  const table = make("table", {class: "play-values"}, ...names.map((name, k) => make("tr", {}, make("th", {scope: "row"}, name), cells[k])));
  return {table, update: texts => texts.forEach((text, k) => { cells[k].textContent = text; })};
}

// What became of step t, in words.
function story(episode, t, gamma) {
  const side = SIDES[episode.action[t]], without = number(episode.next_value[t]);
  if (episode.stored[t]) return `The pole or the cart is out of its limits: terminated. Nothing follows, so max Q of next_obs (${without}) does not count, ` +
    "and the target is the reward alone. Only steps of this kind say that a fall costs anything; the buffer keeps it with terminated = 1.";
  if (episode.truncated[t]) return "The clock has cut the episode: truncated. The buffer keeps the step with terminated = 0, like any other, and no word of the clock. " +
    `So the target looks on into next_obs. Had we stored the end as terminated, the TD error would be ${signed(episode.reward[t] - episode.q[t][episode.action[t]])}.`;
  return `A step in the middle: push ${side}, and the pole stands. The target is one reward, and then ${gamma} times what the network says of the next moment. ` +
    "The buffer keeps the step with terminated = 0.";
}

function render({model, el}) {
  const root = frame(el, "microscope"), {episodes, gamma, ceiling} = model.get("snapshot");
  const end = e => e.stored[e.stored.length - 1] ? "terminated" : "truncated";
  let which = 0, t = 0;
  const scene = field(), opinion = bars(ceiling), sizes = chart("size of the TD error", "steps", COLOURS.low);
  const sensors = valuesTable(SENSORS.map(([name]) => name)), sums = valuesTable(["target", "Q of the action taken", "TD error", "the buffer's row"]);
  const says = make("p", {class: "play-equation", role: "status", "aria-live": "polite"}), heading = make("h4");
  const choice = select("Episode", episodes.map((e, k) => [String(k), `${e.name}: ${e.action.length} steps, ${end(e)}`]), value => { which = Number(value); t = 0; prepare(); }, "0");
  const go = (label, by, name) => button(label, () => move(by), {"data-do": name});
  const buttons = [go("|◀ first", -Infinity, "first"), go("◀ back", -1, "back"), go("forward ▶", 1, "forward"), go("last ▶|", Infinity, "last")];
  const place = slider({name: "step", label: "Step", min: 0, max: 1, step: 1, value: 0, show: v => `${v}`, oninput: v => { t = v; show(); }});
  const stage = make("div", {class: "play-field", tabindex: 0, role: "application", "aria-label": "The episode. Left and right arrow keys: one step; page up and down: ten; home and end."}, scene.picture);

  root.append(
    make("div", {class: "play-row"}, choice.row), stage,
    make("div", {class: "play-row"}, ...buttons, button("the largest TD error", () => { t = largest(); show(); }, {"data-do": "largest"})),
    place.row, says,
    make("div", {class: "play-columns"},
      make("div", {}, make("h4", {}, "What the agent sees: obs"), sensors.table, make("h4", {}, "What it thinks: Q of each push"), opinion.picture),
      make("div", {}, heading, sums.table, make("h4", {}, "Size of the TD error, along the episode"), sizes.picture)));

  root.addEventListener("keydown", event => {
    if (event.target.closest("select, input") || !(event.key in STEPS)) return;
    move(STEPS[event.key]);
    event.preventDefault();
  });
  stage.addEventListener("click", () => stage.focus());

  const last = () => episodes[which].action.length - 1;
  const largest = () => { const size = episodes[which].error.map(Math.abs); return size.indexOf(Math.max(...size)); };
  function move(by) { t = Math.min(Math.max(t + by, 0), last()); show(); }
  function prepare() { place.input.max = last(); show(); }
  function show() {
    const e = episodes[which], action = e.action[t], size = e.error.map(Math.abs);
    place.put(t);
    scene.update(e.obs[t], action, `step ${t}`, e.obs[t + 1]);
    opinion.update(e.q[t]);
    sensors.update(SENSORS.map(([, unit, digits], k) => `${signed(e.obs[t][k], digits)} ${unit}` + (k === 2 ? ` (${signed(e.obs[t][k] * 180 / Math.PI, 1)}°)` : "")));
    heading.textContent = `What it is told: the action was ${SIDES[action]}, the reward ${number(e.reward[t], 0)}`;
    sums.update([`${number(e.reward[t], 0)} + ${gamma} × (1 − ${e.stored[t]}) × ${number(e.next_value[t])} = ${number(e.target[t])}`,
      number(e.q[t][action]), `${number(e.target[t])} − ${number(e.q[t][action])} = ${signed(e.error[t])}`,
      `obs, ${SIDES[action]}, ${number(e.reward[t], 0)}, next_obs, terminated = ${e.stored[t]}` + (e.truncated[t] ? " (truncated is not stored)" : "")]);
    says.textContent = story(e, t, gamma);
    sizes.update(size.map((_, k) => k), size, t);
    set(root, {"data-step": t, "data-episode": which, "data-stored": e.stored[t], "data-truncated": e.truncated[t]});
  }
  prepare();
}

export default {render};
