"""The section of ``docs/figures.md`` on sub-networks of a checkpoint, before they learn anything."""

from __future__ import annotations

from record import RESULTS
from records import grid, recorded

NAME, SEARCH = "compress", "search-checkpoint"


def compress_section() -> list[str]:
    """Losses by method and size, and those of searches; nothing where there is no record."""
    return [*_methods(), *_searches()]


def _searches() -> list[str]:
    if not (RESULTS / f"{SEARCH}.json").exists():
        return []
    record = recorded(SEARCH)
    facts = record.document
    rows = [
        [row[0], str(row[1]), *(cell if isinstance(cell, str) else f"{cell:.3f}" for cell in row[2:])]
        for row in facts["rows"]
    ]
    return [
        "## A search of the sub-networks of a checkpoint",
        "",
        f"`lpzero search --model` on {facts['checkpoint']}, at most {facts['max_params']:,.0f} parameters,",
        f"{facts['scored']} candidates scored; losses on {facts['text']}; the full model has {facts['full']:.3f}.",
        "`random` is the best by the proxy of as many random candidates, `largest` the one with most parameters that",
        "fits, `params` the largest of the random ones; `text_loss` is the loss itself on some lines of another text.",
        f"What `lpzero compress` chooses within the same limit, before any refit, has {facts['by_compress']:.3f}.",
        "",
        *grid(facts["header"], rows),
        "",
        f"Repeat: {record.command}",
        "",
    ]


def _methods() -> list[str]:
    if not (RESULTS / f"{NAME}.json").exists():
        return []
    record = recorded(NAME)
    header = record.document["header"]
    rows = [
        [row[0], *(cell if isinstance(cell, str) else f"{cell:.3f}" for cell in row[1:-1]), f"{row[-1]:.0f}"]
        for row in record.document["rows"]
    ]
    return [
        "## Sub-networks of a checkpoint",
        "",
        f"Losses of sub-networks of at most so many parameters of {record.document['checkpoint']},",
        f"on {record.document['text']}; the full model has {record.document['loss_of_the_full_model']:.3f}.",
        "Nothing is trained. The methods choose by 16 windows of 256 tokens of another text of the same kind (what is",
        "`measured` by 4, after the estimate of `taylor`), and refit on some more of it. Seconds are those of choosing",
        "and refitting on one thread, less the pass forward and backward, 34 s, that all of them share. What has no",
        "figure was not measured, or there is no such choice.",
        "",
        *grid(header, rows),
        "",
        f"Repeat: {record.command}",
        "",
    ]
