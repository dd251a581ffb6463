"""lpzero inside an Optuna study: lpzero says which architecture to train next, Optuna the rest, and keeps the study.

``python -m pip install optuna``, then ``python examples/optuna_study.py``. Here nothing is trained: a table says what
each training gives, and what Optuna chose costs as much as it is wrong.
"""

from __future__ import annotations

import math

import optuna

import lpzero


def study(trials: int = 20, seed: int = 0) -> optuna.Study:
    """A study over architectures of the table ``gpt2-own`` and a learning rate; validation loss, lower is better.

    Args:
        trials: Trainings.
        seed: Of both.
    """
    table = lpzero.load_table("gpt2-own")
    suggester = lpzero.suggester(table="gpt2-own", seed=seed)
    quality = {record.architecture.digest: record.quality for record in table.records}

    def train(trial: optuna.Trial) -> float:
        (asked,) = suggester.ask(1).suggestions
        trial.set_user_attr("architecture", asked.architecture.to_json())
        rate = trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)
        loss = quality[asked.architecture.digest] + 0.05 * abs(math.log10(rate / 1e-3))
        # both are told: what lpzero expects of the next one follows from it
        suggester.tell(asked.architecture, loss)
        return loss

    found = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=seed))
    found.optimize(train, n_trials=trials)
    return found


if __name__ == "__main__":
    best = study().best_trial
    print(f"{best.value:.4f} by {best.user_attrs['architecture']} at {best.params['learning_rate']:.2g}")
