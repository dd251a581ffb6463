"""One enumeration from its settings to its result: bank, branches, every formula, choice, sealed test."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from lpzero.engines import Engine
from lpzero.errors import InputError
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.discovery.consensus import choose_among
from lpzero.evolution.discovery.faults import bank_run
from lpzero.evolution.discovery.report import final_report, front_formulas, header
from lpzero.evolution.discovery.setting import Setting, load
from lpzero.evolution.enumeration.config import EnumerateConfig
from lpzero.evolution.enumeration.folder import EnumerationRunFolder
from lpzero.evolution.enumeration.pairs import LARGEST_SPLIT, SMALLEST_SPLIT
from lpzero.evolution.enumeration.ranking import Ranked, rank_all
from lpzero.evolution.trial import pack_banks, remove_packed
from lpzero.fitness import Correlation, Status
from lpzero.fitness.batch import correlation_over
from lpzero.fitness.strata import Pairs
from lpzero.formula import Formula
from lpzero.formula.formula import operand
from lpzero.formula.rules import pruned_by
from lpzero.operands.available import operands_shown
from lpzero.operands.packed import Packed
from lpzero.progress import Watch, counting
from lpzero.proxy.discovery import EnumerateResult, TopRankings
from lpzero.tables import Table

TOP = 1000
"""How many rankings the rules are tried on: none of them should lose one."""


def prepare_enumeration(config: EnumerateConfig, table: Table | None = None) -> Setting[EnumerateConfig]:
    """Load the table and draw the split; raises as :func:`lpzero.evolution.discovery.setting.load` does.

    Raises:
        InputError: Unknown operand, or a search split that is too small or too large.
    """
    for name in config.operands:
        operand(name)
    if len(set(config.operands)) < len(config.operands):
        raise InputError(f"expected each operand once, found {', '.join(config.operands)}")
    shown = operands_shown(config.operands, [config.space])
    for name in config.operands:
        if name not in shown:
            raise InputError(f"expected operands that models of {config.space} show, found {name}: leave it out")
    if not SMALLEST_SPLIT <= config.search_size <= LARGEST_SPLIT:
        raise InputError(
            f"`search_size`: an enumeration ranks {SMALLEST_SPLIT} to {LARGEST_SPLIT} architectures, found "
            f"{config.search_size}"
        )
    return load(config, table)


def execute_enumeration(
    run: EnumerationRunFolder, setting: Setting[EnumerateConfig], *, home: Path, engine: Engine, watch: Watch
) -> EnumerateResult:
    """Enumerate, choose on search and validation, and report on the sealed test.

    Args:
        run: The run folder, created or opened.
        setting: What :func:`prepare_enumeration` made of its settings.
        home: The cache folder of the bank.
        engine: Where the work runs; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        The result (see ``docs/reference/json.md``); a finished run's stored one.

    Raises:
        NoResultError: No formula ranks the split, or the chosen one not the sealed test.
    """
    return run.carry_out(lambda: _execute(run, setting, home, engine, watch))


def _execute(
    run: EnumerationRunFolder, setting: Setting[EnumerateConfig], home: Path, engine: Engine, watch: Watch
) -> EnumerateResult:
    started = time.monotonic()
    config = setting.config
    run.keep_split(setting.parts, [record.id for record in setting.table.records], setting.table.digest)
    setting, banked = bank_run(run, setting, (setting.probe,), home=home, engine=engine, watch=watch)
    searched = len(setting.parts.search)
    quality = setting.table.oriented[setting.seen]
    ranked = rank_all(
        Packed.open(pack_banks(run.path, banked.banks)[0]),
        quality,
        searched=searched,
        grammar=config.grammar,
        operands=config.operands,
        keep=config.keep,
        jobs=engine.threads,
        device=config.device,
        watch=watch,
        counted=setting.counted,
    )
    run.event("enumerated", formulas=ranked.enumeration.formulas, distinct=ranked.enumeration.distinct)
    chosen, front = _choose(ranked, quality, searched, setting.counted)
    run.event("testing", formula=str(chosen.formula))
    report = final_report(chosen, setting, engine=engine, progress=counting(watch, "testing"))
    result = EnumerateResult(
        **header(run, setting),
        **_counts(ranked),
        seconds=round(time.monotonic() - started, 3),
        best=report.best,
        front=front_formulas(front),
        baselines=report.baselines,
        left_out=[*banked.left_out, *report.left_out],
    )
    run.write_front(result.front)
    run.write_scores(report.scored)
    remove_packed(run.path)
    run.write_result(result)
    run.event("finished")
    return result


def _choose(
    ranked: Ranked, quality: np.ndarray, searched: int, counted: Pairs | None
) -> tuple[Candidate, list[Candidate]]:
    """The chosen formula, and those that no other beats in both size and tau-a on search and validation."""
    classes, tau_a = ranked.enumeration.classes, ranked.tau_a

    def evaluated(index: int) -> Candidate:
        higher = bool(classes.tau_a[index] >= 0)
        return _evaluated(ranked.formula(index), higher, ranked.values[index], quality, searched, counted)

    front, reached = [], -1.0
    for size in np.unique(classes.size):
        members = np.flatnonzero((classes.size == size) & ~np.isnan(tau_a))
        if len(members) and tau_a[members].max() > reached:
            best = members[int(np.argmax(tau_a[members]))]
            reached = float(tau_a[best])
            front.append(evaluated(int(best)))
    return evaluated(choose_among(ranked.values, tau_a)), front


def _evaluated(
    formula: Formula, higher: bool, values: np.ndarray, quality: np.ndarray, searched: int, counted: Pairs | None
) -> Candidate:
    """What is known of a formula from its directed values."""

    def correlated(part: slice) -> Correlation | None:
        some = None if counted is None else counted[part, part]
        return correlation_over(values[part], quality[part], some)

    search, validation, both = map(correlated, (slice(searched), slice(searched, None), slice(None)))
    assert search is not None
    return Candidate(
        key=formula.text,
        size=formula.size,
        status=Status.OK,
        higher_is_better=higher,
        objective=search.tau_a,
        search=search,
        validation=validation,
        both=both,
        form=formula,
    )


def _counts(ranked: Ranked) -> dict[str, Any]:
    """How many formulas there were, and what the rules would have done to them, by the names of the result."""
    enumeration, classes = ranked.enumeration, ranked.enumeration.classes
    lost = [pruned_by(ranked.formula(int(i))) for i in np.flatnonzero(classes.refused[:TOP])]
    return {
        "branches": len(ranked.branches),
        "formulas": enumeration.formulas,
        "distinct_formulas": enumeration.distinct,
        "nonfinite": enumeration.nonfinite,
        "constant": enumeration.constant,
        "per_second": round(enumeration.formulas / enumeration.seconds),
        "evaluated": enumeration.formulas - enumeration.nonfinite,
        "pruned": enumeration.pruned,
        "top": TopRankings(
            rankings=min(TOP, len(classes)), lost=dict(Counter(rule for rule in lost if rule is not None))
        ),
    }
