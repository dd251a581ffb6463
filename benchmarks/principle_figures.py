"""The figures of design principles for the documentation, from the record of ``principles.py``."""

from __future__ import annotations

from typing import Any

from record import RESULTS
from records import grid, recorded

HEADER = ["mined on", "judged on", "stays", "of its top", "kept less dropped", "at matched size", "inside", "outside"]
HEADER += ["rules"]
NONE = "-"


def principles_section() -> list[str]:
    """What rules of one table are worth on another; nothing where nothing is recorded."""
    if not (RESULTS / "principles.json").exists():
        return []
    record = recorded("principles")
    return [
        "## Design principles",
        "",
        "Rules mined on one table, judged on another of which nothing was looked at before: the share of its records",
        "that stays, and of its top (a tenth; a fifth of `hat-mt`, the best 0.1 % of NAS-Bench-201); the mean quality",
        "of what is kept less that of what is dropped, better above 0 (of the halves of `flexibert-glue`, kept less",
        f"all); the share of {record.document['seeds']} searches that reach the best 0.1 %, inside the rules and on",
        "the whole table. The tables of `hat-mt` have the same 30 architectures, and those of NAS-Bench-201 theirs.",
        "",
        *grid(HEADER, [_row(row) for row in record.rows()]),
        f"Command: {record.command}",
        "",
    ]


def _row(row: dict[str, Any]) -> list[str]:
    return [
        f"`{row['from']}`" if row["part"] != "halves" else f"`flexibert-glue`, {row['from']}",
        f"`{row['to']}`" if row["part"] != "halves" else row["to"],
        _share(row["kept"]),
        _share(row["top kept"]),
        _with(row["difference"], row["95 %"]),
        _with(row["at matched size"], row["its 95 %"]),
        _share(row["inside"]),
        _share(row["outside"]),
        row["rules"].replace("|", "\\|").replace("_", "\\_").replace("*", "\\*"),
    ]


def _share(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.2%}" if 0 < value < 0.02 else f"{value:.1%}"


def _with(value: float | str, interval: str) -> str:
    return NONE if isinstance(value, str) else f"{value:+.3f}" + ("" if interval == NONE else f" [{interval}]")
