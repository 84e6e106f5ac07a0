// You against the agent: the game, its keys, the two bars and the chart. The pole is moved here, not in the kernel.

const KEYS = {ArrowLeft: 0, a: 0, A: 0, ArrowRight: 1, d: 1, D: 1};

// Returns of everybody: a dot for each episode, a black line for the mean. Yours have a form for each speed.
function returnsChart(world) {
  const rows = [...world.opponents.map(o => o.name), "you"], height = 26 * rows.length + 26;
  const picture = draw("svg", {viewBox: `0 0 640 ${height}`, role: "img"});
  const place = steps => 90 + 520 * steps / MOST_STEPS;
  function update(played) {
    picture.replaceChildren();
    for (const tick of [0, 100, 200, 300, 400, 500]) picture.append(draw("line", {x1: place(tick), x2: place(tick), y1: 4, y2: height - 22, stroke: "#8885"}),
      draw("text", {x: place(tick), y: height - 6, "text-anchor": "middle"}, tick));
    rows.forEach((name, k) => {
      const y = 18 + 26 * k, mine = name === "you", returns = mine ? played.map(p => p.return) : world.opponents[k].returns;
      picture.append(draw("text", {x: 82, y: y + 4, "text-anchor": "end"}, name));
      returns.forEach((steps, j) => {
        const at = y + (returns.length > 1 ? 16 * j / (returns.length - 1) - 8 : 0);
        const slow = mine && played[j].speed !== "1";
        picture.append(draw("circle", {cx: place(steps), cy: at, r: mine ? 5 : 3.5, fill: slow ? "none" : mine ? COLOURS.low : world.opponents[k].colour,
          stroke: slow ? COLOURS.low : "none", "stroke-width": 2, "fill-opacity": 0.75}));
      });
      const mean = returns.reduce((a, b) => a + b, 0) / returns.length;
      if (returns.length) picture.append(draw("line", {x1: place(mean), x2: place(mean), y1: y - 11, y2: y + 11, stroke: "currentColor", "stroke-width": 2}));
    });
    const says = rows.map((name, k) => { const r = name === "you" ? played.map(p => p.return) : world.opponents[k].returns; return `${name} ${r.length ? Math.round(r.reduce((a, b) => a + b, 0) / r.length) : "none yet"}`; });
    picture.setAttribute("aria-label", `Mean returns: ${says.join(", ")}`);
  }
  return {picture, update};
}

function render({model, el}) {
  const root = frame(el, "duel"), world = model.get("snapshot"), network = world.opponents.find(o => o.recipe.kind === "network").recipe;
  const message = make("p", {class: "play-message", role: "status", "aria-live": "polite"});
  const kernel = asker(model, root, words => { if (words) message.textContent = words; table.update(played()); });
  const played = () => model.get("snapshot").played;
  const scene = field(), opinion = bars(network.ceiling), table = returnsChart(world), think = make("p", {class: "play-equation"});
  let phase = "ready", body = world.starts[0], start = 0, steps = 0, action = null, held = [], last = 0, owed = 0, handle = 0, agreed = 0, began = 0, taps = [];
  let speed = calm() ? "0" : "0.25", player = "you", random = generator(1);
  const pace = select("Speed", Object.entries(world.speeds).sort((a, b) => b[0] - a[0]), value => { speed = value; begin(false); }, speed);
  const who = select("Who plays", [["you", "you"], ...world.opponents.map(o => [o.name, o.name])], value => { player = value; begin(false); }, "you");
  const go = button("Start (space)", () => { begin(true); stage.focus(); }, {"data-do": "start"});
  const push = (k, words) => {
    const b = button(words, () => {}, {class: "play-push", "data-push": k, "aria-label": k ? "push to the right" : "push to the left"});
    b.addEventListener("pointerdown", event => { press(k); b.setPointerCapture(event.pointerId); event.preventDefault(); });
    for (const name of ["pointerup", "pointercancel"]) b.addEventListener(name, () => release(k));
    b.addEventListener("click", event => { if (event.detail === 0) tap(k); }); // by keyboard or by a reader's aid: one short push
    return b;
  };
  const pushes = [push(0, "← push left"), push(1, "push right →")];
  const stage = make("div", {class: "play-field", tabindex: 0, role: "application", "aria-label": "The game. Space starts; hold the left or right arrow key to push."}, scene.picture);

  root.append(
    make("div", {class: "play-row"}, who.row, pace.row, go),
    stage, make("div", {class: "play-row"}, ...pushes), message,
    make("div", {class: "play-columns"},
      make("div", {}, make("h4", {}, "What the trained network says of this moment: Q of each push"), opinion.picture, think),
      make("div", {}, make("p", {}, "Hold ← or → (or A and D, or the buttons) to push. The cart must be pushed at every step, so while nothing is held " +
        "the pushes alternate and cancel. Click on the field first, so that it hears the keys."))),
    make("h4", {}, "Returns from the same starts (yours: filled in real time, hollow when slower)"), table.picture);

  root.addEventListener("keydown", event => {
    if (event.target.closest("select, button")) return;
    if (event.key in KEYS) { if (!event.repeat) press(KEYS[event.key]); event.preventDefault(); }
    else if (event.key === " ") { begin(true); event.preventDefault(); }
  });
  root.addEventListener("keyup", event => { if (event.key in KEYS) release(KEYS[event.key]); });
  stage.addEventListener("blur", () => { held = []; show(); });
  stage.addEventListener("click", () => stage.focus());

  function press(k) {
    held = [...held.filter(other => other !== k), k];
    if (phase === "play" && speed === "0" && player === "you") step(k);
    show();
  }
  function release(k) { held = held.filter(other => other !== k); show(); }
  function tap(k) { if (speed === "0") { press(k); release(k); } else taps.push(...Array(5).fill(k)); }

  function begin(now) {
    cancelAnimationFrame(handle);
    start = played().length % world.starts.length;
    [body, steps, action, agreed, owed, taps] = [world.starts[start], 0, null, 0, 0, []];
    random = generator(start + 1);
    phase = now ? "countdown" : "ready";
    message.textContent = "";
    began = last = performance.now();
    if (now) handle = requestAnimationFrame(tick);
    show();
  }
  const isMoved = () => speed !== "0" || player !== "you"; // else by the reader's keys, one step each
  function tick(now) {
    if (phase === "countdown" && (now - began >= 3000 || !isMoved())) { phase = "play"; last = now; }
    if (phase === "play" && isMoved()) {
      owed = Math.min(owed + (now - last) / 1000 * (Number(speed) || 0.1) / TAU, 5); // a hidden page stands still
      while (owed >= 1 && phase === "play") { step(chosen()); owed -= 1; }
    }
    last = now;
    show();
    if (phase === "countdown" || (phase === "play" && isMoved())) handle = requestAnimationFrame(tick);
  }
  function chosen() {
    if (player !== "you") return actionOf(world.opponents.find(o => o.name === player).recipe, seen(body), random);
    if (held.length) return held[held.length - 1];
    return taps.length ? taps.shift() : steps % 2;
  }
  function step(k) {
    const [left, right] = networkValues(network.layers, network.scale, seen(body));
    agreed += Number((right > left ? 1 : 0) === k);
    action = k;
    body = cartpoleStep(body, k);
    steps += 1;
    if (hasFallen(body) || steps >= MOST_STEPS) finish();
  }
  function finish() {
    phase = "over";
    const others = world.opponents.map(o => `${o.name} ${Math.round(o.returns[start])}`).join(", ");
    const name = player === "you" ? "You" : `The ${player} agent, watched`;
    message.textContent = `${name}: ${steps}. From this start: ${others}. In ${Math.round(100 * agreed / steps)} % of the steps ` +
      "the push was the one that the network would have chosen.";
    if (player === "you") kernel.ask("played", {start, steps, speed}, `played ${played().length}`);
    show();
  }
  function show() {
    const values = networkValues(network.layers, network.scale, seen(body)), lead = Math.abs(values[1] - values[0]);
    const left = Math.ceil(3 - (performance.now() - began) / 1000);
    const words = {ready: "press space", countdown: `${Math.max(left, 1)}`, play: "", over: steps >= MOST_STEPS ? "500: the most" : `${steps}`}[phase];
    scene.update(body, phase === "play" ? action : null, words);
    opinion.update(values);
    think.textContent = `It would push ${values[1] > values[0] ? "right" : "left"}, for ${number(lead)} more. Step ${steps}; position ${number(body[0])} m, ` +
      `angle ${number(body[2] * 180 / Math.PI, 1)}°.`;
    pushes.forEach((b, k) => b.classList.toggle("held", held.includes(k)));
    set(root, {"data-phase": phase, "data-step": steps, "data-held": held.length ? held[held.length - 1] : "none", "data-action": action ?? "none"});
  }
  const changed = () => table.update(played());
  model.on("change:snapshot", changed);
  table.update(played());
  begin(false);
  return () => { cancelAnimationFrame(handle); kernel.stop(); model.off("change:snapshot", changed); };
}

export default {render};
