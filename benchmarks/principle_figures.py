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
        "that stays, and of its top (a tenth; a fifth of `hat-mt`, the best 0.1 % of NAS-Bench-201, the best 1 % where",
        "searches were replayed on tables of language models); the mean quality of what is kept less that of what is",
        "dropped, better above 0 (of the halves of `flexibert-glue`, kept less all); the share of",
        f"{record.document['seeds']} searches that reach the best ones, inside the rules and on the whole table. The",
        "tables of `hat-mt` have the same 30 architectures, and those of NAS-Bench-201 theirs. What was mined at equal",
        "size says with which settings, which halves of the source chose.",
        "",
        *grid(HEADER, [_row(row) for row in record.rows()]),
        f"Command: {record.command}",
        "",
        *_together(),
        *_adapted(),
    ]


def _together() -> list[str]:
    """Principles and a proxy against the proxy alone."""
    if not (RESULTS / "principles-search.json").exists():
        return []
    record = recorded("principles-search")
    header = ["rules from", "proxy", "stays", "scored", "regret alone", "inside", "less", "scored less for it"]
    rows = [
        [
            row["rules from"],
            f"`{row['proxy']}`",
            _share(row["stays"]),
            str(row["scored"]),
            f"{row['regret alone']:.2f}",
            f"{row['regret inside']:.2f}",
            f"{row['less']:+.2f} [{row['95 %']}]",
            f"{row['fewer']:+.1f} [{row['its 95 %']}]",
        ]
        for row in record.rows()
    ]
    return [
        "A search of `gpt2-wt103` as a closed space scores so many architectures by a proxy and picks the best one:",
        "its regret in perplexity, without and with principles that were mined elsewhere, and how many fewer are",
        "scored inside until the regret is that of the proxy alone;",
        f"{record.document['seeds']} seeds. `random` is a proxy that says nothing; `snip` looks at",
        f"{record.document['probe']}.",
        "",
        *grid(header, rows),
        f"Command: {record.command}",
        "",
    ]


def _adapted() -> list[str]:
    """Searches whose principles are adapted against those whose are not."""
    if not (RESULTS / "principles-adapted.json").exists():
        return []
    record = recorded("principles-adapted")
    header = [
        "mined on",
        "searched",
        "evaluations",
        "whole table",
        "inside",
        "adapted",
        "inside less adapted",
        "relaxed",
    ]
    rows = [
        [
            row["from"],
            f"`{row['to']}`",
            str(row["evaluations"]),
            *(f"{row[name]:.3f}" for name in ("outside", "inside", "adapted")),
            f"{row['gain']:+.3f} [{row['95 %']}]",
            f"{row['relaxed']:.2f}",
        ]
        for row in record.rows()
    ]
    return [
        "Regret of searches whose rules are adapted after every five evaluations, better above 0 in the column before",
        f"the last; {record.document['seeds']} seeds. Where the source is reversed, its worst were taken for its best,",
        "and the rules are wrong.",
        "",
        *grid(header, rows),
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
