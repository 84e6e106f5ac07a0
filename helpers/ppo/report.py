"""What an update says of itself: a row of numbers for each of its K gradient steps."""

import numpy as np

from helpers.ppo.config import PPOConfig

REPORTED = ("loss", "gain", "value_error", "entropy", "kl", "clipped", "gradient_norm")


def report_of(reports: np.ndarray, config: PPOConfig) -> dict[str, float]:
    """The means of the last epoch, by the names of REPORTED; reports (K, R)."""
    last_epoch = reports.reshape(config.epochs, -1, len(REPORTED))[-1]
    return dict(zip(REPORTED, last_epoch.mean(axis=0).tolist(), strict=True))


def check_reports(reports: np.ndarray, config: PPOConfig, num_updates: int) -> None:
    """FloatingPointError where a number of any gradient step is not finite."""
    if np.isfinite(reports).all():
        return
    step, place = np.argwhere(~np.isfinite(reports))[0]
    raise FloatingPointError(
        f"The {REPORTED[place]} became {reports[step, place]} at gradient step {step} of update {num_updates}. Usual "
        f"reasons: a learning rate that is too high (it began with {config.learning_rate:.2g}), rewards that are far "
        f"too large (`reward_scale` divides them), or a policy that no longer gives an action any chance."
    )
