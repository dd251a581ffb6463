"""Rules that a miner may choose from."""

from __future__ import annotations

import numpy as np

from lpzero.principles.candidates import candidates
from lpzero.principles.language.columns import Columns
from lpzero.principles.language.holds import holds
from lpzero.principles.language.rule import Junction, Membership, as_text, features_of


def test_every_rule_holds_of_what_it_says_and_tells_records_apart(many: Columns) -> None:
    found = candidates(many, np.arange(200) < 20, many)
    for rule, records, drawn in zip(found.rules, found.records, found.drawn, strict=True):
        np.testing.assert_array_equal(records, holds(rule, many))
        np.testing.assert_array_equal(records, drawn)
        assert 0 < records.sum() < 200
    assert len({mask.tobytes() for mask in found.records}) == len(found.rules)


def test_no_rule_is_a_disguise_of_the_depth(many: Columns) -> None:
    """A third layer is only there where there are four."""
    named = {name for rule in candidates(many, np.arange(200) < 20, many).rules for name in features_of(rule)}
    assert "heads[1]" in named
    assert "heads[2]" not in named
    assert not any(name.startswith(("width", "params")) for name in named)


def test_sets_are_those_that_the_top_has_most(many: Columns) -> None:
    top = holds(Membership(op="in", feature="operation[0]", values=["LT"]), many)
    found = [as_text(rule) for rule in candidates(many, top, many).rules]
    assert "operation[0] in {LT}" in found
    assert "operation[0] in {SA}" not in found


def test_pairs_are_both_junctions(many: Columns) -> None:
    found = candidates(many, np.arange(200) < 20, many)
    paired = found.with_pairs([0, 1, 2, 3])
    new = paired.rules[len(found.rules) :]
    assert new
    assert all(isinstance(rule, Junction) and len(features_of(rule)) == 2 for rule in new)
    for rule, records in zip(paired.rules, paired.records, strict=True):
        np.testing.assert_array_equal(records, holds(rule, many))


def test_rules_are_about_the_features_that_they_may_be_about(many: Columns) -> None:
    top = np.arange(200) < 20
    named = {name for rule in candidates(many, top, many, {"depth", "heads.last"}).rules for name in features_of(rule)}
    assert named == {"depth", "heads.last"}
    assert candidates(many, top, many, ()).rules == ()
