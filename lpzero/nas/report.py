"""The result of a search: what was found, the controls beside it, the truth, and the proof by training."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from lpzero.costs.cost import CostName
from lpzero.costs.costs import COSTS, COUNTED, Costs
from lpzero.costs.limits import amount
from lpzero.costs.measure import LEVEL, REPEATS
from lpzero.engines import Engine
from lpzero.errors import NoResultError
from lpzero.nas.folder import PICKS, PicksRunFolder, SearchRunFolder
from lpzero.nas.ledger import Ledger, Scored
from lpzero.nas.proof import COUNT, FOUND, LARGEST, RANDOM, chosen_by_count, drawn_for_proof, prove
from lpzero.nas.result import Certificate, Pick, PickTruth, ProofResult, ProxyName, SearchResult
from lpzero.nas.setting import Judge, PoolSetting, SearchSetting, rng_of
from lpzero.pretrained.folder import write_configuration
from lpzero.progress import Watch
from lpzero.proxy.discovery import ScoredRecord
from lpzero.spaces.architecture import Architecture

SCHEMA: Literal[1] = 1
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Findings:
    """What a search has.

    Attributes:
        search: What the algorithm scored.
        random: What the random search beside it scored.
        largest: The architecture with the most parameters that fits.
        certificate: How sure the best is; None unless the algorithm is exact.
    """

    search: Ledger
    random: Ledger
    largest: Architecture
    certificate: Certificate | None = None

    def picks(self, costs: Costs) -> dict[str, Scored | None]:
        """One architecture a control: the best of the random search, the largest, and the largest it scored."""
        best = self.random.best(1)
        return {
            "random": best[0] if best else None,
            "largest": Scored(self.largest, ()),
            "params": max(self.random.entries.values(), key=lambda s: costs.of(s.architecture, "params")),
        }


def report(
    run: SearchRunFolder,
    setting: SearchSetting,
    findings: Findings,
    rng: np.random.Generator,
    started: float,
    *,
    engine: Engine,
    watch: Watch,
    judge: Judge | None = None,
) -> SearchResult:
    """Write the result of a search.

    Args:
        run: Its folder.
        setting: What it worked on.
        findings: What it has; at least one architecture has scores.
        rng: Source of the architectures that are trained beside those found.
        started: When the search began, as ``time.monotonic`` tells it.
        engine: Where the work runs; the result does not depend on it.
        watch: Told how they go.
        judge: Measures losses; None where nothing is measured.

    Returns:
        The result; see ``docs/reference/json.md``.
    """
    config = setting.config
    best = findings.search.best(config.keep)
    front = front_of(setting, findings.search)
    picks = findings.picks(setting.costs)
    best_picks = [row_of(setting, findings.search, scored) for scored in best]
    front_picks = [row_of(setting, findings.search, scored) for scored in front]
    controls = {
        name: None if scored is None else row_of(setting, findings.random, scored) for name, scored in picks.items()
    }
    written = [one for one in (*best, *front, *picks.values()) if one is not None]
    write_picks(run, setting, written, partial(_said, setting, findings))
    run.write_front(front_picks)
    run.write_scores(scored_records(setting, findings.search))
    more = losses_of(run, best[0], picks, judge)
    if findings.certificate is not None:
        more["certificate"] = findings.certificate
    result = SearchResult(
        schema_=SCHEMA,
        run=str(run.path),
        space=setting.space.name,
        protocol=setting.space.protocol,
        table=config.table or None,
        left_out=len(config.left_out),
        seed=config.seed,
        proxies=[ProxyName(proxy=proxy.name, direction=proxy.direction) for proxy in setting.proxies],
        algorithm=config.algorithm,
        scored=len(findings.search.entries),
        failed=sum(not scored.ok for scored in findings.search.entries.values()),
        statuses=dict(sorted(Counter(scored.status for scored in findings.search.entries.values()).items())),
        limits={cost.name: config.limits[cost.name] for cost in COSTS.values() if cost.name in config.limits},
        against=config.against,
        measurement=measurement_of(setting),
        best=best_picks,
        front=front_picks,
        controls=controls,
        truth=truth_of(setting, best[0], picks),
        proof=_proof(run, setting, findings, rng, engine, watch),
        **more,
        seconds=round(time.monotonic() - started, 3),
    )
    run.write_result(result)
    return result


def row_of(setting: PoolSetting, ledger: Ledger, scored: Scored) -> Pick:
    """One architecture; its score is that of the proxy, or its mean rank where there are several."""
    key = setting.space.key(scored.architecture)
    single = scored.scores[0] if len(scored.scores) == 1 else None
    one = len(ledger.higher) == 1
    found = {name: setting.costs.measured(scored.architecture, name) for name in named_costs(setting)}
    return Pick(
        key=key,
        score=single if one else ledger.mean_rank(scored.architecture),
        scores=list(scored.scores),
        costs={name: _number(cost.value) for name, cost in found.items()},
        intervals={name: list(cost.interval) for name, cost in found.items() if cost.interval is not None},
        config=f"{PICKS}/{key[:16]}/config.json",
    )


def named_costs(setting: PoolSetting) -> list[CostName]:
    """The costs of every row: those that are counted, and those that were limited or asked for."""
    config = setting.config
    asked = {*COUNTED, *config.limits, *config.costs, config.against}
    return [cost.name for cost in COSTS.values() if cost.name in asked]


def _number(cost: float) -> float | int:
    return int(cost) if float(cost).is_integer() else cost


def measurement_of(setting: PoolSetting) -> dict[str, Any]:
    """How measured costs are measured."""
    measurement = setting.costs.measurement
    return {
        "batch": 1,
        "tokens": measurement.tokens,
        "device": measurement.device,
        "threads": 1 if measurement.device == "cpu" else None,
        "repeats": REPEATS,
        "level": LEVEL,
    }


def front_of(setting: PoolSetting, ledger: Ledger) -> list[Scored]:
    """What nothing beats in both worth and cost, the best first."""
    front: list[Scored] = []
    least: float | None = None

    def cost_of(scored: Scored) -> float:
        return setting.costs.of(scored.architecture, setting.config.against)

    # of equal worths the cheaper first, which beats the other
    for scored in sorted(
        ledger.best(len(ledger.entries)), key=lambda one: (-ledger.worth(one.architecture), cost_of(one))
    ):
        cost = cost_of(scored)
        if least is None or cost < least:
            front.append(scored)
            least = cost
    return front


def truth_of(setting: PoolSetting, best: Scored, picks: dict[str, Scored | None]) -> dict[str, PickTruth | None] | None:
    """What the table says of the best and of each control; None where there is no table."""
    truth = setting.truth
    if truth is None:
        return None
    everyone = {"found": best, **picks}
    return {name: None if s is None else truth.of_pick(s.architecture) for name, s in everyone.items()}


def losses_of(
    run: PicksRunFolder[Any], best: Scored, picks: dict[str, Scored | None], judge: Judge | None
) -> dict[str, Any]:
    """The losses of the best and of each control, as the field of a result; nothing where there is no judge."""
    if judge is None:
        return {}
    everyone = {"found": best, **picks}
    return {"losses": judge(run.path, {name: one.architecture for name, one in everyone.items() if one is not None})}


def scored_records(setting: PoolSetting, ledger: Ledger) -> list[ScoredRecord]:
    """What was scored, in the order in which it was, with what a table says of it and the cost of the front."""
    known = {} if setting.truth is None else setting.truth.quality
    return [
        ScoredRecord(
            part="scored",
            id=setting.space.key(scored.architecture),
            score=scored.scores[0] if len(ledger.higher) == 1 else ledger.mean_rank(scored.architecture),
            quality=known.get(key),
            size=setting.costs.of(scored.architecture, setting.config.against),
        )
        for key, scored in ledger.entries.items()
    ]


def write_picks(
    run: PicksRunFolder[Any], setting: PoolSetting, picks: Iterable[Scored], said: Callable[[Scored], list[str]]
) -> None:
    """Write one folder an architecture, that transformers reads.

    Args:
        run: The folder of the search.
        setting: What it worked on.
        picks: The architectures.
        said: What the search says of one, as lines of Markdown; its costs are added.
    """
    for scored in picks:
        key = setting.space.key(scored.architecture)
        folder = run.path / PICKS / key[:16]
        if (folder / "config.json").exists():
            continue
        costs = [
            f"- {COSTS[n].meaning}: {amount(n, setting.costs.of(scored.architecture, n))}" for n in named_costs(setting)
        ]
        write_configuration(folder, setting.space, scored.architecture, "\n".join([*said(scored), *costs]))


def _said(setting: SearchSetting, findings: Findings, scored: Scored) -> list[str]:
    """What the search says of an architecture, in Markdown."""
    config = setting.config
    return [
        f"Findings by `lpzero search`: {config.algorithm}, {len(findings.search.entries)} architectures scored, "
        f"seed {config.seed}, batch {config.batch} x {config.tokens}. It was not trained.",
        "",
        *(
            f"- score by `{proxy.name}` ({proxy.direction} is better): {score if score is not None else 'none'}"
            for proxy, score in zip(setting.proxies, scored.scores, strict=False)
        ),
    ]


def _proof(
    run: SearchRunFolder,
    setting: SearchSetting,
    findings: Findings,
    rng: np.random.Generator,
    engine: Engine,
    watch: Watch,
) -> ProofResult | None:
    if setting.proof is None:
        return None
    best = [scored.architecture for scored in findings.search.best(setting.config.verify)]
    groups = {
        FOUND: best,
        RANDOM: drawn_for_proof(setting.pool, len(best), best, rng),
        LARGEST: [findings.largest],
        COUNT: chosen_by_count(
            setting.pool,
            setting.proof.count,
            len(findings.search.entries),
            len(best),
            rng_of(setting.config, "count"),
        ),
    }
    try:
        return prove(run, setting.space, setting.proof, groups, engine=engine, watch=watch)
    except NoResultError as err:
        # what was found stands without it
        _LOG.warning("no proof: %s", err)
        return None
