"""The article of a compressed checkpoint: what stays, what it costs, what else was tried."""

from __future__ import annotations

from pathlib import Path

from lpzero.compression.result import COMPRESSED, CompressResult
from lpzero.reporting.articles.pictured import pictured
from lpzero.reporting.articles.shared import amount
from lpzero.reporting.blocks import Article, Block, Facts, Grid, Section, Text
from lpzero.reporting.pictures import Interval
from lpzero.reporting.plots import of_intervals
from lpzero.result import read_result
from lpzero.settings import read_document

CHOSEN, FULL = "chosen", "full"


def is_compressed(folder: Path) -> bool:
    """Whether a folder is what a compression wrote."""
    return (folder / COMPRESSED).is_file()


def article(folder: Path, name: str) -> Article:
    """What is said of a compressed checkpoint.

    Args:
        folder: What was written.
        name: What makes ids its own on the page.

    Raises:
        InputError: The result in it is damaged.
    """
    path = folder / COMPRESSED
    remedy = "give the command of lpzero compress again"
    result = read_result(CompressResult, read_document(path), path, of="lpzero compress", remedy=remedy)
    chosen = [one for one in result.losses if one.model == CHOSEN]
    sections = [
        Section("What stays", _stays(result)),
        Section("What it costs", _losses(result, name)),
        Section("What it takes to run", _running(result)),
    ]
    if result.sample is not None:
        said = {"after": repr(result.sample.prompt), FULL: result.sample.full, CHOSEN: result.sample.chosen}
        sections.append(Section("What both write", [Facts(said)]))
    brief = {
        "parameters": amount(result.parameters),
        "loss above the full model's": ", ".join(f"{one.above:+.3f} ({one.text})" for one in chosen),
        "seed": str(result.seed),
    }
    return Article(folder.name, "compress", "finished", brief, sections)


def _stays(result: CompressResult) -> list[Block]:
    choosing, kept = result.choosing, [one for one in result.layers if one.groups or one.neurons]
    facts = {
        "checkpoint": f"{result.checkpoint}, {result.family}",
        "files": f"{result.form}, {result.parameters:,} parameters in {result.bytes:,} bytes",
        "layers": f"{len(kept)} of {len(result.layers)}",
        "importance": choosing.importance,
        "expected divergence": f"{choosing.expected:.4f} nats a token; no other choice below {choosing.bound:.4f}",
        "found divergence": f"{choosing.divergence:.4f} nats a token, before any refit",
        "refitted on": f"{result.refitted_on:,} tokens" if result.refitted_on else "no tokens: not refitted",
        "learned to be cut": None if result.elastic is None else f"{result.elastic.steps:,} steps",
        "learned": None if result.recovery is None else f"{result.recovery.steps:,} steps",
        "seed": result.seed,
    }
    counts = [
        [name, f"{one.full:,}", f"{one.chosen:,}", None if one.limit is None else f"{one.limit:,.0f}"]
        for name, one in result.counts.items()
    ]
    layers = [[str(one.layer), str(one.groups), str(one.neurons)] for one in result.layers]
    return [
        *(Text(note, warning=True) for note in result.notes),
        Facts(facts),
        Grid("Counts", ["count", FULL, CHOSEN, "limit"], counts),
        Grid("What stays of each layer", ["layer", "key-value groups", "neurons"], layers, worked=True),
    ]


def _losses(result: CompressResult, name: str) -> list[Block]:
    blocks: list[Block] = []
    for place, text in enumerate(dict.fromkeys(one.text for one in result.losses)):
        rows = [one for one in result.losses if one.text == text]
        shown = [
            Interval(one.model, one.above, (one.interval[0], one.interval[1]), one.model == CHOSEN) for one in rows
        ]
        first = rows[0]
        caption = (
            f"Loss on {text} above the full model's, with 95 % intervals: {first.windows} windows of {first.context} "
            "tokens, each by itself; the diamond is what was written."
        )
        drawn = of_intervals([one for one in shown if one.name != FULL], "nats a token", caption, zero=True)
        blocks += pictured(drawn, f"{name}-losses-{place}")
        cells = [
            [one.model, f"{one.loss:.3f}", f"{one.above:+.3f}", f"{one.interval[0]:+.3f} to {one.interval[1]:+.3f}"]
            for one in rows
        ]
        header = ["model", "loss", "above the full model's", "95 %"]
        blocks.append(Grid(f"Losses on {text}, {first.tokens:,} tokens", header, cells, worked=True))
    return blocks


def _running(result: CompressResult) -> list[Block]:
    rows = [
        [name, amount(one.read), None if one.written is None else amount(one.written), f"{one.memory / 2**20:,.0f} MiB"]
        for name, one in result.running.items()
    ]
    return [Grid("On this machine", ["model", "reads, tokens/s", "writes, tokens/s", "memory"], rows)]
