"""A formula beside its baselines and controls: figures, differences, whether each is clear."""

from __future__ import annotations

from collections.abc import Sequence

from lpzero.fitness.figures import DifferenceFigures, StratumFigures
from lpzero.proxy.discovery import BaselineFigures, SealedFigures
from lpzero.reporting.blocks import Block, Grid, Picture, Text
from lpzero.reporting.cells import MATCHED, SHARES, clear, difference, ends, figures, matched, shares
from lpzero.reporting.pictures import Interval, height_of, intervals
from lpzero.reporting.svg import WIDTH, to_svg

FOUND = "found"


def beside(
    test: SealedFigures, baselines: Sequence[BaselineFigures], name: str, *, subject: str = FOUND
) -> list[Block]:
    """The figures of what was found on a test, beside what else stands there.

    Args:
        test: Its figures.
        baselines: The others.
        name: What makes the ids of pictures their own.
        subject: What it is called.
    """
    if test.tau_a is None:
        return [Text(f"There are no figures of the {subject}: {test.status}.", warning=True)]
    ranked = [(subject, test), *((_named(row), row.test) for row in baselines)]
    blocks: list[Block] = [*verdict(test, baselines, subject)]
    blocks.append(_picture("tau-a over all pairs", [(n, t) for n, t in ranked], f"{name}-tau"))
    close = [(n, t.matched_size) for n, t in ranked if t.matched_size is not None and t.matched_size.tau_a is not None]
    if len(close) > 1:
        pairs = close[0][1].pairs if close[0][1] is not None else 0
        blocks.append(_picture(f"tau-a at matched size ({pairs:,} pairs)", close, f"{name}-matched"))
    header = ["", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a", *MATCHED]
    rows = [[n, *figures(t), *matched(t)] for n, t in ranked]
    blocks.append(Grid("Figures on the test", header, rows, worked=True, marked=frozenset({0})))
    compared = [row for row in baselines if row.versus.interval]
    if compared:
        blocks.append(_differences(compared, subject))
    if any(any(shares(t)) for _, t in ranked):
        caption = "What lies behind: comparable architectures, the top, and regret"
        blocks.append(Grid(caption, ["", *SHARES], [[n, *shares(t)] for n, t in ranked], worked=True))
    return blocks


def verdict(test: SealedFigures, baselines: Sequence[BaselineFigures], subject: str) -> list[Text]:
    """What the figures come to, in sentences: beside the strongest of what needs no labels, and of what has them."""
    within = f" ({ends(test.interval)})" if test.interval else ""
    said = [f"On {test.n} architectures that nothing had looked at before, tau-a is {test.tau_a:.3f}{within}."]
    close = test.matched_size
    if close is not None and close.tau_a is not None:
        said[0] += f" At matched size ({close.pairs:,} pairs of about as many parameters) it is {close.tau_a:.3f}"
        said[0] += "." if close.interval is None else f" ({ends(close.interval)})."
    for labelled, what in (
        (False, "The strongest of what needs no label"),
        (True, "The strongest that was fitted to the same labels"),
    ):
        there = [row for row in baselines if (row.labels is not None) == labelled and row.test.tau_a is not None]
        if not there:
            continue
        strongest = max(there, key=lambda row: row.test.tau_a or -1.0)
        said.append(
            f"{what} is {_named(strongest)} with {strongest.test.tau_a:.3f}: the {subject} is "
            f"{_clearly(strongest.versus)} than it over all pairs, and {_clearly(strongest.versus.matched_size)} at "
            "matched size."
        )
    return [Text(one) for one in said]


def _clearly(found: DifferenceFigures | None) -> str:
    if found is None or found.difference is None:
        return "not compared"
    word = clear(found)
    less = f"{found.difference:+.3f}, {ends(found.interval, signed=True)}"
    return f"{word} ({less})" if word.startswith("clearly") else f"neither clearly better nor clearly worse ({less})"


def _differences(compared: Sequence[BaselineFigures], subject: str) -> Grid:
    header = [f"{subject} less", "difference of tau-a", "95 %", "p (Holm)", "clear?"]
    header += ["at matched size", "95 %", "p (Holm)", "clear there?"]
    rows = []
    for row in compared:
        close = row.versus.matched_size
        near = [None] * 3 if close is None else difference(close)
        rows.append([_named(row), *difference(row.versus), clear(row.versus), *near, clear(close)])
    caption = f"The {subject} less each of the others; clear: the interval leaves out 0, and p (Holm) is at most .05"
    return Grid(caption, header, rows, worked=True)


def _picture(what: str, ranked: Sequence[tuple[str, SealedFigures | StratumFigures | None]], name: str) -> Picture:
    there = [(n, t) for n, t in ranked if t is not None and t.tau_a is not None]
    rows = [
        Interval(n, t.tau_a or 0.0, None if t.interval is None else (t.interval[0], t.interval[1]), place == 0)
        for place, (n, t) in enumerate(there)
    ]
    best = max(rows, key=lambda row: row.value)
    alt = f"{what}, a line each: {rows[0].name} {rows[0].value:.3f}; the highest is {best.name} with {best.value:.3f}."
    caption = f"{what[0].upper()}{what[1:]}, with 95 % intervals; the diamond is the {rows[0].name}."
    points = {"name": [row.name for row in rows], "value": [row.value for row in rows]}
    ends_of = {"ends": [None if row.ends is None else list(row.ends) for row in rows]}
    svg = to_svg(intervals(rows, what), name, (WIDTH, height_of(len(rows))))
    return Picture(caption, alt, svg, {**points, **ends_of})


def _named(row: BaselineFigures) -> str:
    """What stands beside the formula: a baseline needs no label, a control those that the formula was chosen on."""
    if row.labels is None:
        return row.proxy
    return f"{row.proxy} ({row.labels} labels{f': {row.what}' if row.what else ''})"
