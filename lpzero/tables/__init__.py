"""Performance tables: architectures with the quality that training gave them.

``TABLES`` lists the known ones by name, ``load_table`` reads one, ``fetch`` downloads one.
"""

from __future__ import annotations

from lpzero.tables.catalog import TABLES, get_entry
from lpzero.tables.entry import TableEntry
from lpzero.tables.fetch import fetch
from lpzero.tables.load import load_table, load_trained, named_table
from lpzero.tables.locate import find, locate
from lpzero.tables.table import Record, Table

__all__ = [
    "TABLES",
    "Record",
    "Table",
    "TableEntry",
    "fetch",
    "find",
    "get_entry",
    "load_table",
    "load_trained",
    "locate",
    "named_table",
]
