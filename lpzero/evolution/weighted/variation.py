"""Variation of sums: terms come, go, are changed or exchanged.

Every operator takes sums and a random generator and returns a new sum; parents are never changed. Where no valid child
comes out of a few tries, the first parent is returned.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from lpzero.evolution.variation import first_valid, mutate
from lpzero.formula.formula import Formula
from lpzero.formula.grammar import Grammar, accepts
from lpzero.formula.keys import canonical
from lpzero.formula.terms import (
    accepts_sum,
    accepts_term,
    draw_term,
    logarithm_of,
    plain_sum,
    refused_term,
    terms_of,
)


def add_term(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """One more term, where there is room."""
    terms = terms_of(parent)
    if len(terms) >= grammar.terms:
        return replace_term(parent, grammar, rng)
    return first_valid(parent, partial(accepts_sum, grammar), lambda: plain_sum([*terms, draw_term(grammar, rng)]))


def drop_term(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """One term less, where one is left."""
    terms = terms_of(parent)
    if len(terms) == 1:
        return replace_term(parent, grammar, rng)
    gone = int(rng.integers(len(terms)))
    return plain_sum(terms[:gone] + terms[gone + 1 :])


def replace_term(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """A new term in the place of one."""
    terms = terms_of(parent)

    def attempt() -> Formula:
        place = int(rng.integers(len(terms)))
        return plain_sum([*terms[:place], draw_term(grammar, rng), *terms[place + 1 :]])

    return first_valid(parent, partial(accepts_sum, grammar), attempt)


def change_term(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """One term changed: a logarithm put before it or taken away, or mutated as a formula of the grammar ``typed``."""
    terms = terms_of(parent)
    typed = replace(grammar, name="typed", terms=0)

    def attempt() -> Formula | None:
        place = int(rng.integers(len(terms)))
        old = terms[place]
        if rng.random() < 0.2 or not accepts(typed, old):
            inner = old.primitive is not None and old.primitive.kind == "elementwise" and len(old.arguments) == 1
            new = old.arguments[0] if inner else logarithm_of(old)
        else:
            new = mutate(old, typed, rng)
        new = canonical(new)
        if not accepts_term(grammar, new) or refused_term(new) is not None:
            return None
        return plain_sum([*terms[:place], new, *terms[place + 1 :]])

    return first_valid(parent, partial(accepts_sum, grammar), attempt)


MUTATIONS = (change_term, replace_term, add_term, drop_term)
MUTATION_SHARES = (0.25, 0.4, 0.2, 0.15)


def mutate_sum(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """One of the mutations: a term changed (25 %), replaced (40 %), added (20 %) or dropped (15 %)."""
    chosen = int(rng.choice(len(MUTATIONS), p=MUTATION_SHARES))
    return MUTATIONS[chosen](parent, grammar, rng)


def cross_sums(first: Formula, second: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """As many terms as one of the parents has, drawn from those of both."""
    terms = list(dict.fromkeys([*terms_of(first), *terms_of(second)]))
    sizes = [len(terms_of(first)), len(terms_of(second))]

    def attempt() -> Formula:
        size = sizes[int(rng.integers(2))]
        return plain_sum(terms[i] for i in rng.choice(len(terms), size=size, replace=False).tolist())

    return first_valid(first, partial(accepts_sum, grammar), attempt)
