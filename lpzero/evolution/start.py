"""Where an evolution starts: formulas of the user, and those that an enumeration finds best.

A first population of random trees knows nothing. The enumeration of the grammar ``layered`` has ranked more than a
hundred million small formulas; those that would vote there (see :mod:`lpzero.evolution.discovery.consensus`) and
mutants of them are better parents. They are chosen on what the evolution may see itself: search and validation, or the
search split alone where the objective is not the joint one. An evolution of weighted sums starts from a forward
selection (:mod:`lpzero.evolution.weighted.start`).
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from lpzero.engines import single_threaded
from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.defaults import KEEP
from lpzero.evolution.discovery.consensus import COMMITTEE, voters
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.enumeration.pairs import LARGEST_SPLIT, SMALLEST_SPLIT
from lpzero.evolution.enumeration.ranking import Ranked, rank_all
from lpzero.evolution.island import grammar_of
from lpzero.evolution.together import Together
from lpzero.evolution.weighted.start import Seen, forward_sums
from lpzero.formula import Formula, parse
from lpzero.formula.grammar import OVER_LAYERS, WEIGHTED, Grammar, accepts
from lpzero.formula.sharded import ShardedEvaluator
from lpzero.formula.terms import accepts_sum, plain_sum
from lpzero.formula.weighted import weighted_terms
from lpzero.operands.operand import WHOLE_OPERANDS
from lpzero.operands.packed import Packed
from lpzero.progress import Watch, counting
from lpzero.proxy import Proxy
from lpzero.proxy.discovery import Start
from lpzero.proxy.exclusion import looked_at
from lpzero.seeds import derived_seed

GRAMMAR = "layered"


def check_start(config: EvolveConfig) -> None:
    """Check that the grammar has every seed formula, and that an enumeration is possible; raises InputError."""
    grammar = grammar_of(config)
    for text in config.seed_formulas:
        if not _in_grammar(grammar, parse(text)):
            raise InputError(
                f"`seed_formulas` {text}: expected a formula of the grammar {grammar.name} that sketches can score, at "
                f"most {grammar.max_depth} deep and of at most {grammar.max_size} nodes: raise `max_depth` or "
                "`max_size`"
            )
    searched = config.search_size + sum(part.search_size for part in config.beside)
    if config.start != "enumeration" or config.grammar == WEIGHTED or SMALLEST_SPLIT <= searched <= LARGEST_SPLIT:
        return
    of_all = " of all tables together" if config.beside else ""
    raise InputError(
        f"an enumeration ranks {SMALLEST_SPLIT} to {LARGEST_SPLIT} architectures, found `search_size` "
        f"{searched}{of_all}: give `start` random"
    )


def _in_grammar(grammar: Grammar, formula: Formula) -> bool:
    if grammar.name == WEIGHTED:
        return accepts_sum(grammar, plain_sum(term for _, term in weighted_terms(formula)))
    return accepts(grammar, formula)


def check_sealed(given: str, proxy: Proxy, setting: Setting[EvolveConfig]) -> None:
    """Refuse a seed formula that was chosen on architectures which this run would test on.

    Args:
        given: What the user gave: a text, a name, a file or the folder of a run.
        proxy: What it stands for.
        setting: What the evolution works on.

    Raises:
        InputError: It was found on the same table, and not by a run that looked at this run's search and validation
            parts alone.
    """
    table = setting.table
    if table.name not in (*proxy.found_tables, proxy.found_on):
        return
    if proxy.provenance is None or not looked_at(proxy, table) <= set(setting.seen):
        raise InputError(
            f"`seed_formulas` {given}: it was chosen on architectures of {table.name} that this run tests on: give a "
            "run with the same `seed`, sizes and protocol, or a formula that was found elsewhere"
        )


def find_start(
    together: Together,
    packed: Packed,
    *,
    jobs: int,
    watch: Watch,
) -> Start:
    """Enumerate where the settings ask for it.

    Args:
        together: What the evolution works on.
        packed: The sketches of search, then validation.
        jobs: Threads; the result does not depend on it.
        watch: Told how it goes.

    Raises:
        InputError: No enumerated formula fits the limits of the grammar.
        NoResultError: The enumeration found no formula that ranks search and validation.
    """
    config = together.config
    given = list(config.seed_formulas)
    if config.grammar == WEIGHTED:
        given = [str(plain_sum(term for _, term in weighted_terms(parse(text)))) for text in given]
    if config.start == "random":
        return Start(enumerated=0, formulas=given)
    grammar = grammar_of(config)
    if config.grammar == WEIGHTED:
        with single_threaded():
            sums, enumerated = forward_sums(
                ShardedEvaluator(packed, config.device),
                Seen(together.quality, together.groups, together.tables, together.counted),
                grammar,
                np.random.default_rng(derived_seed(config.seed, "start")),
                counting(watch, "selecting", "selections"),
                worst=config.worst,
            )
        return Start(enumerated=enumerated, formulas=list(dict.fromkeys([*given, *map(str, sums)])))
    ranked = rank_all(
        packed,
        together.quality,
        searched=together.searched,
        grammar=config.grammar if config.grammar in OVER_LAYERS else GRAMMAR,
        operands=[name for name in WHOLE_OPERANDS if name in grammar.operands],
        keep=KEEP,
        jobs=jobs,
        device=config.device,
        watch=watch,
        count=False,
        counted=together.counted,
    )
    best = (ranked.formula(int(i)) for i in voters(_tau_a(ranked, config), KEEP))
    fitting = [str(formula) for formula in islice((one for one in best if accepts(grammar, one)), COMMITTEE)]
    if not fitting:
        raise InputError("no enumerated formula fits `max_size` and `max_depth`: raise them, or give `start` random")
    return Start(enumerated=ranked.enumeration.formulas, formulas=list(dict.fromkeys([*given, *fitting])))


def _tau_a(ranked: Ranked, config: EvolveConfig) -> np.ndarray:
    """What the objective may see of the rankings: of both parts, or of the search split alone."""
    if config.objective == "joint":
        return ranked.tau_a
    return np.where(np.isnan(ranked.tau_a), np.nan, np.abs(ranked.enumeration.classes.tau_a))
