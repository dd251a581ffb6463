"""``lpzero llm``: a file a sub-command."""

from lpzero.cli.llm.group import llm

__all__ = ["llm"]
