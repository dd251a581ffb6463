"""Run with pytest where the package and lpzero are installed."""

from lpzero_plugin_example.space import NarrowGpt2

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
