"""The laws of what can be added to lpzero, for the tests of whoever writes a space or a plug-in.

Each raises AssertionError with the first law that does not hold. What is named is found as every command finds it: a
package is installed before its tests run, as ``pip install -e .`` does.
"""

from lpzero.testing.metric import check_metric
from lpzero.testing.operand import check_operand
from lpzero.testing.primitive import check_primitive
from lpzero.testing.space import check_space

__all__ = ["check_metric", "check_operand", "check_primitive", "check_space"]
