"""rejax's PPO (pure JAX: agent and environment are one compiled program) on CartPole-v1; one JSON object for one seed.

Runs in an environment of its own (benchmarks/rejax_ppo.txt); `make bench` starts it. The settings are those of
`configs/gymnax/cartpole.yaml` in keraJLi/rejax. It learns in gymnax's CartPole and is examined in Gymnasium's.
"""

import os
import time
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")  # before jax

import jax
import rejax

from benchmarks.peers import Greedy, PeerRun, print_reports
from evidence.report import ENV_ID

NUM_STEPS = 100_000  # env steps
CONFIG: dict[str, Any] = {
    "env": ENV_ID,
    "agent_kwargs": {"activation": "tanh"},
    "num_envs": 5,
    "num_steps": 100,
    "num_epochs": 5,
    "num_minibatches": 5,
    "learning_rate": 7.5e-4,
    "max_grad_norm": 0.5,
    "total_timesteps": NUM_STEPS,
    "eval_freq": 1_000,
    "gamma": 0.99,
    "gae_lambda": 0.95,
    "clip_eps": 0.2,
    "ent_coef": 0.01,
    "vf_coef": 0.5,
}


def best_action(actor, obs):
    """The most probable action, from within the network."""
    return actor.action_logits(actor.features(obs)).argmax(-1)


def ppo(run: PeerRun) -> dict:
    """One run; each call is as long as the time from one look to the next, since a call costs next to nothing."""
    algorithm = rejax.PPO.create(**CONFIG)
    steps_per_call = max(run.every, CONFIG["num_envs"] * CONFIG["num_steps"])
    iterations = steps_per_call // (CONFIG["num_envs"] * CONFIG["num_steps"])

    def several(moment):
        return jax.lax.fori_loop(0, iterations, lambda _, moment: algorithm.train_iteration(moment), moment)

    began = time.process_time()
    moment = jax.jit(algorithm.init_state)(jax.random.PRNGKey(run.seed))
    train = jax.jit(several, donate_argnums=0).lower(moment).compile()
    compile_cpu_seconds = time.process_time() - began
    choose = jax.jit(lambda weights, obs: algorithm.actor.apply(weights, obs, method=best_action))
    agent = Greedy(lambda obs: choose(moment.actor_ts.params, obs))
    num_steps = 0
    while num_steps < NUM_STEPS:
        moment = jax.block_until_ready(train(moment))
        num_steps += steps_per_call
        run.look(num_steps, agent)
    return run.report(num_steps, agent, compile_cpu_seconds)


if __name__ == "__main__":
    print_reports(__doc__, {"ppo": ppo})
