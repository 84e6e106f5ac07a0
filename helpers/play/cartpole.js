// CartPole-v1 as Gymnasium 1.4 moves it (Barto, Sutton and Anderson 1983), and agents that play it. No display in here.

const GRAVITY = 9.8, CART = 1.0, POLE = 0.1, HALF = 0.5, FORCE = 10.0, TAU = 0.02; // m/s², kg, kg, m, N, s
const TOTAL = CART + POLE, POLE_MOMENT = POLE * HALF;
const MOST_ANGLE = 12 * 2 * Math.PI / 360, MOST_POSITION = 2.4, MOST_STEPS = 500;

// body: [position m, velocity m/s, angle rad, angular velocity rad/s]; action 0 left, 1 right; Euler's method.
export function cartpoleStep([x, v, angle, spin], action) {
  const force = action === 1 ? FORCE : -FORCE, cos = Math.cos(angle), sin = Math.sin(angle);
  const push = (force + POLE_MOMENT * (spin * spin) * sin) / TOTAL;
  const turn = (GRAVITY * sin - cos * push) / (HALF * (4.0 / 3.0 - POLE * (cos * cos) / TOTAL));
  const pull = push - POLE_MOMENT * turn * cos / TOTAL;
  return [x + TAU * v, v + TAU * pull, angle + TAU * spin, spin + TAU * turn];
}

export function hasFallen([x, , angle]) {
  return Math.abs(x) > MOST_POSITION || Math.abs(angle) > MOST_ANGLE;
}

// What the agent sees of a body: the same four numbers, with single precision.
export const seen = body => body.map(Math.fround);

// Q of both actions as the network says: layers of [kernel (in, out), bias (out)], ReLU between them.
export function networkValues(layers, scale, obs) {
  let x = obs.map((v, k) => v / scale[k]);
  layers.forEach(([kernel, bias], depth) => {
    const out = bias.slice();
    x.forEach((v, i) => { if (v !== 0) for (let j = 0; j < out.length; j++) out[j] += v * kernel[i][j]; });
    x = depth < layers.length - 1 ? out.map(v => Math.max(v, 0)) : out;
  });
  return x;
}

// The row of a table: one digit for each sensor, the last one counting fastest.
export function tableRow(edges, obs) {
  return edges.reduce((row, part, k) => row * (part.length + 1) + part.filter(edge => edge <= obs[k]).length, 0);
}

// A small generator of numbers from 0 to 1 (mulberry32), so that chance comes from a seed here too.
export function generator(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function actionOf(recipe, obs, random) {
  if (recipe.kind === "random") return random() < 0.5 ? 0 : 1;
  if (recipe.kind === "rule") return obs[2] + obs[3] > 0 ? 1 : 0;
  const values = recipe.kind === "table" ? recipe.q[tableRow(recipe.edges, obs)] : networkValues(recipe.layers, recipe.scale, obs);
  return values[1] > values[0] ? 1 : 0;
}
