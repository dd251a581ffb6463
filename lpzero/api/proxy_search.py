"""The discovery of a proxy as an estimator: the conventions of scikit-learn."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator

from lpzero.api.evolve import evolve
from lpzero.api.proxy import Proxy
from lpzero.callbacks import Callback
from lpzero.engines import Serial, Workers
from lpzero.errors import InputError
from lpzero.evolution import defaults
from lpzero.fitness import judge
from lpzero.operands.defaults import BATCH, ELEMENTS, TOKENS
from lpzero.operands.probe import Probe
from lpzero.proxy.score import directed, score_architectures
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture


class ProxySearch(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Discovers a proxy as :func:`lpzero.evolve` does, and scores architectures with it.

    Parameters are only kept here; :meth:`fit` checks them, as scikit-learn has it.

    Args:
        space: As of :func:`lpzero.evolve`, and so are all that are not named here.
        protocol: Which model an architecture stands for.
        grammar: Which formulas there are.
        islands: Populations side by side.
        population: Individuals of a generation of each.
        generations: Generations behind the first.
        epoch: Generations between two migrations.
        start: What the first populations hold.
        max_evals: Most formulas.
        budget: Most seconds.
        patience: Generations without a better best.
        search_size: Records for fitness.
        validation_size: Records for the choice.
        test_size: Records of the sealed test at most.
        pairs: Which pairs count.
        objective: What is maximised.
        parsimony: Tau that a node must earn.
        max_depth: Deepest formula.
        max_size: Largest formula.
        batch: Sequences that a model is shown.
        tokens: Tokens of each.
        elements: Elements of a tensor that a sketch keeps.
        random_state: Seed of every random choice; None for 0.
        n_jobs: Workers; None for one, -1 for one a core.
        output: The run folder; None for one below ``runs``.
        callbacks: As of :func:`lpzero.evolve`.

    Attributes:
        proxy_: The proxy that was found, after :meth:`fit`.
        result_: Everything that the run found.
        run_: Its folder.
        tau_: Tau-a on the sealed test.
        n_evaluated_: Formulas that were evaluated.

    >>> from sklearn.base import clone
    >>> search = ProxySearch(generations=3, random_state=7)
    >>> clone(search).get_params()["random_state"]
    7
    """

    def __init__(
        self,
        *,
        space: str | None = None,
        protocol: str | None = None,
        grammar: str = defaults.GRAMMAR,
        islands: int = defaults.ISLANDS,
        population: int = defaults.POPULATION,
        generations: int = defaults.GENERATIONS,
        epoch: int = defaults.EPOCH,
        start: str | None = None,
        max_evals: int | None = None,
        budget: float | None = None,
        patience: int | None = None,
        search_size: int | None = None,
        validation_size: int | None = None,
        test_size: int | None = None,
        pairs: str = "all",
        objective: str = defaults.OBJECTIVE,
        parsimony: float = defaults.PARSIMONY,
        max_depth: int = defaults.MAX_DEPTH,
        max_size: int = defaults.MAX_SIZE,
        batch: int = BATCH,
        tokens: int = TOKENS,
        elements: int = ELEMENTS,
        random_state: int | None = None,
        n_jobs: int | None = None,
        output: str | Path | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.space = space
        self.protocol = protocol
        self.grammar = grammar
        self.islands = islands
        self.population = population
        self.generations = generations
        self.epoch = epoch
        self.start = start
        self.max_evals = max_evals
        self.budget = budget
        self.patience = patience
        self.search_size = search_size
        self.validation_size = validation_size
        self.test_size = test_size
        self.pairs = pairs
        self.objective = objective
        self.parsimony = parsimony
        self.max_depth = max_depth
        self.max_size = max_size
        self.batch = batch
        self.tokens = tokens
        self.elements = elements
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.output = output
        self.callbacks = callbacks

    def fit(self, X: str | Path | Sequence[str | Path], y: None = None) -> ProxySearch:  # noqa: N803  (scikit-learn's)
        """Discover a proxy.

        Args:
            X: Table of measured qualities, a name or a folder, or several: split, search and test are drawn from it.
            y: Nothing: a table has its qualities.

        Raises:
            InputError: A parameter is out of its range, or there is something in ``y``.
            MissingError: The table is not here.
            NoResultError: No valid formula was found.
        """
        if y is not None:
            raise InputError("`y`: expected nothing, since a table has its qualities, found something")
        apart = ("random_state", "n_jobs")
        settings = {name: value for name, value in self.get_params(deep=False).items() if name not in apart}
        given = {name: value for name, value in settings.items() if value is not None}
        found = evolve(X, **given, seed=_seed(self.random_state), workers=Workers(jobs=_jobs(self.n_jobs)))
        self.result_ = found
        self.run_ = Path(found.run)
        self.proxy_ = Proxy.from_pretrained(self.run_)
        self.tau_ = found.best.test.tau_a
        self.n_evaluated_ = found.evaluated
        return self

    def predict(self, X: Sequence[Architecture]) -> np.ndarray:  # noqa: N803
        """Score architectures of the space, untrained.

        Args:
            X: (architectures,).

        Returns:
            (architectures,) float64, higher is better whatever the proxy's direction; NaN where there is none.

        Raises:
            NotFittedError: Nothing was found yet.
            InputError: One is not of the space.
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        space = get_space(str(self.result_.space), self.result_.protocol)
        probe = Probe(seed=_seed(self.random_state), batch=self.batch, tokens=self.tokens)
        rows = score_architectures(space, X, (self.proxy_,), probe, engine=Serial(), progress=lambda _done, _all: None)
        return directed([row[0] for row in rows], self.proxy_)

    def score(self, X: Sequence[Architecture], y: Sequence[float]) -> float:  # noqa: N803
        """Kendall's tau-a of the scores of architectures with qualities; NaN where they do not rank.

        Args:
            X: (architectures,).
            y: (architectures,) qualities, higher is better.
        """
        found = judge(self.predict(X), np.asarray(y, dtype=np.float64)).correlation
        return float("nan") if found is None else found.tau_a


def _seed(random_state: int | None) -> int:
    if random_state is None:
        return 0
    if isinstance(random_state, bool) or not isinstance(random_state, (int, np.integer)):
        raise InputError(f"`random_state`: expected a whole number, a seed, found {type(random_state).__name__}")
    return int(random_state)


def _jobs(n_jobs: int | None) -> int | None:
    if n_jobs is None:
        return 1
    return (os.cpu_count() or 1) if n_jobs == -1 else n_jobs
