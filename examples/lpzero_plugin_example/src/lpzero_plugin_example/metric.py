"""A metric: blocks for each unit of hidden width."""

from lpzero.metrics import Metric, Shape


def slenderness(shape: Shape) -> float:
    """Depth over width: 0 and more, and larger for models that are deeper than wide."""
    return shape.depth / shape.width


SLENDERNESS = Metric(
    "slenderness",
    needs="shape",
    higher_is_better=True,
    meaning="depth over hidden width",
    paper="",
    function="lpzero_plugin_example.metric:slenderness",
)
