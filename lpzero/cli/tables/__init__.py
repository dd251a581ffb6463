"""``lpzero tables``: a file a sub-command."""

from lpzero.cli.tables.group import tables

__all__ = ["tables"]
