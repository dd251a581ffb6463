"""Run with pytest where the package and lpzero are installed."""

from pathlib import Path

from lpzero_plugin_example.space import NarrowGpt2

import lpzero
from lpzero import testing


def test_the_primitive_keeps_its_laws() -> None:
    """The laws of a primitive."""
    testing.check_primitive("signed_root")


def test_the_metric_keeps_its_laws() -> None:
    """The laws of a metric."""
    testing.check_metric("slenderness")


def test_the_space_keeps_its_laws() -> None:
    """The laws of a space."""
    testing.check_space(NarrowGpt2(), draws=5)


def test_the_predictor_is_kept_as_it_is(tmp_path: Path) -> None:
    """What a file keeps says what the predictor does."""
    kept = tmp_path / "kept.json"
    lpzero.fit_predictor(table="gpt2-own", number=24, predictor="nearest-depth", features="spec", output=kept)
    said = lpzero.predict(kept, table="gpt2-own")
    assert {row.source for row in said.rows} == {"nearest-depth"}
    assert len({row.value for row in said.rows}) > 1
