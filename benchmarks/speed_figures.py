"""The figures that are no rankings: speed, memory, robustness, precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from records import Record, recorded, short


@dataclass(frozen=True)
class Speed:
    """A figure that is no ranking.

    Attributes:
        what: What it is.
        name: Name of the record.
        value: What it says, from the record.
    """

    what: str
    name: str
    value: Callable[[Record], str]

    def row(self) -> list[str]:
        """The row of the page."""
        record = recorded(self.name)
        return [self.what, self.value(record), record.command]


def between(values: Sequence[float], form: str) -> str:
    """The lowest and the highest."""
    return f"{min(values):{form}} to {max(values):{form}}"


def whole_run(record: Record) -> str:
    """Formulas a CPU second of whole runs, the bank and the enumeration included, in the naive evaluator's."""
    cores, naive = record.document["cores"], recorded("naive-flexibert-glue-trained").rows()[0]
    rates = [row["formulas"] / (row["seconds"] * cores) / naive["candidates a CPU second"] for row in record.rows()]
    return f"{between(rates, ',.0f')} times"


def faults(record: Record) -> str:
    """Kills, and how long it takes to be at work again."""
    kills = [row for row in record.rows() if row["fault"].startswith("SIGKILL: ")]
    equal = [row["equal results"].split(" of ") for row in kills]
    column = "CPU until at work again beyond a first start, or what it said"
    most = max(float(row[column].split("at most ")[1].split()[0]) for row in kills)
    held, runs = (sum(int(pair[i]) for pair in equal) for i in (0, 1))
    return (
        f"{sum(row['times'] for row in kills)} kills, {held} of {runs} "
        f"results equal bit for bit; at work again after at most {most:.1f} s of CPU beyond a first start"
    )


def hostile(rows: Sequence[dict[str, Any]]) -> str:
    """Inputs and what came of them, one row a reader."""
    found = sum(row["other exceptions"] + row["forbidden acts"] + row["too slow"] for row in rows)
    slowest = max(row["slowest, CPU s"] for row in rows)
    inputs = sum(row["inputs"] for row in rows)
    return f"{inputs:,} to {len(rows)} readers, {found} faults; the slowest took {slowest:.2f} s of CPU"


def engines(record: Record) -> str:
    """How much workers gain."""
    lowest, median, highest = "times as fast as serial: lowest", "median", "highest"
    rows = {row["engine, workers"]: row for row in record.rows()}
    shown = (
        f"{name} {rows[name][median]:.2f} ({rows[name][lowest]:.2f} to {rows[name][highest]:.2f})"
        for name in ("process, 1", "process, 2", "ray, 2")
    )
    return "; ".join(shown)


def slopes(record: Record) -> str:
    """How CPU time grows."""
    rows = {(row["work"], row["workers"], row["size"]): row for row in record.rows()}
    bank, pack = rows["bank", 2, 10_000], rows["pack", 1, 10_000]
    column = "log CPU seconds by log size"
    return f"extraction {bank[column]}, packing {pack[column]}"


SPEED = (
    Speed(
        "one run of `evolve`, FlexiBERT `trained`, 2 cores, empty caches",
        "evolve-flexibert-glue-trained",
        lambda r: (
            f"{between([row['seconds'] for row in r.rows()], '.0f')} s; "
            f"{r.document['peak_memory_of_one_process_GiB']:.1f} GiB in the largest process"
        ),
    ),
    Speed(
        "the same, protocol `listed`",
        "evolve-flexibert-glue-listed",
        lambda r: f"{between([row['seconds'] for row in r.rows()], '.0f')} s",
    ),
    Speed(
        "new distinct formulas a CPU second of the typed search, bank and enumeration left out, 100 architectures",
        "naive-flexibert-glue-trained",
        lambda r: (
            f"{r.rows()[1]['candidates a CPU second']:,.0f}, which is {r.rows()[1]['times the naive one']:,.0f} "
            "times a naive evaluator that builds and runs every model for every candidate"
        ),
    ),
    Speed(
        "new distinct weighted sums a CPU second at steady state, bank and selection left out, 100 GPT-2",
        "weighted-speed-gpt2-wt103-lts",
        lambda r: f"{r.document['steady_state']:,}",
    ),
    Speed(
        "formulas a CPU second of whole runs, in those of the naive evaluator",
        "evolve-flexibert-glue-trained",
        whole_run,
    ),
    Speed(
        "formulas of the paper's grammar, ranked on sketches of 32 architectures",
        "enumerate-gpt2-own-own",
        lambda r: (
            f"{r.rows()[0]['formulas'] / 1e6:.1f} million, of which "
            f"{between([row['distinct rankings'] / 1e6 for row in r.rows()], '.1f')} million rank differently; "
            f"{between([row['formulas a second'] / 1e6 for row in r.rows()], '.1f')} million a second"
        ),
    ),
    Speed(
        "extraction and sketch in bare forward and backward passes of the same models",
        "extraction-flexibert-glue-trained",
        lambda r: f"{r.rows(**{'step, in bare passes': 'extract and sketch'})[0]['median']:.2f} (median of 12)",
    ),
    Speed(
        "architectures scored in 2 minutes by `search`, FlexiBERT, random search included; score in bare passes",
        "search-speed-flexibert",
        lambda r: f"{r.rows()[1]['value']}; {r.rows()[3]['value']:.2f}",
    ),
    Speed(
        "a thousand architectures of the 7B LLaMA space drawn, checked and counted",
        "llama-space-7b",
        lambda r: f"{r.rows()[0]['seconds, median']:.1f} s, {r.rows()[0]['peak MiB of the process']:.0f} MiB",
    ),
    Speed("long commands killed at random moments and resumed", "faults", faults),
    Speed("bank extraction, times as fast as without workers, median and range", "engines", engines),
    Speed(
        "hostile inputs to the readers",
        "fuzz",
        lambda r: hostile([row for row in r.rows() if row["reader"] != "all"]),
    ),
    Speed(
        "the same, to those of predictors, suggestions, schedules and principles",
        "fuzz-predictors",
        lambda r: hostile([row for row in r.rows() if row["reader"] != "all"]),
    ),
    Speed("from 100 to 10,000 small architectures: log-log slope of the CPU time", "scale", slopes),
    Speed(
        "float32 against float64, random formulas on 100 FlexiBERT: same ranking; agreement, 1 % quantile",
        "numerics-flexibert-glue-trained",
        lambda r: f"{short(r.rows()[0]['equal ranking'])}; {short(r.rows()[0]['1 %'])}",
    ),
)
