"""The tables of LLM-PP: encoder-decoders of HAT on three tasks of machine translation."""

from __future__ import annotations

from functools import partial

from lpzero.tables.entry import Published, TableEntry
from lpzero.tables.published import hat_mt


def _entry(task: str, name: str, *more: str) -> TableEntry:
    """A table of LLM-PP; ``more`` are notes of its own."""
    return TableEntry(
        name=f"hat-mt-{task}",
        space=hat_mt.SPACE,
        protocols=(task,),
        n=30,
        quality="validation BLEU",
        unit="BLEU",
        higher_is_better=True,
        description=f"encoder-decoders of HAT trained from scratch, {name}",
        published=Published(
            pattern=hat_mt.pattern(task),
            base="https://raw.githubusercontent.com/UBC-NLP/llmas/35980b8faf884c51d25fa45a644b47729f152e03/data/",
            reader=partial(hat_mt.read, task=task),
            beside=partial(hat_mt.read_beside, task=task),
        ),
        source="Jawahar et al. 2024, https://github.com/UBC-NLP/llmas",
        licence="MIT",
        notes=(
            "The same 30 architectures were trained in three tasks; their decoders have 1, 2 or 3 layers (12, 12 and 6 "
            "architectures), where the space has 1 to 6, and every encoder has 6.",
            "The validation BLEU of four supernets is published beside the quality (hat, sandwich, layer-wise-mos, "
            "neuron-wise-mos): they rank well, and are all below the BLEU of training by about the same amount.",
            *more,
            "No architecture is listed twice, so that the noise of training cannot be measured here.",
        ),
    )


HAT_MT = (
    _entry(
        "wmt14ende",
        "WMT'14 English-German",
        "In half of the records HAT and sandwich have the same BLEU: one may be a copy of the other.",
    ),
    _entry("wmt14enfr", "WMT'14 English-French"),
    _entry(
        "wmt19ende",
        "WMT'19 English-German",
        "In every record HAT and sandwich have the same BLEU: one is a copy of the other.",
    ),
)
"""One a task, the rows of the catalogue."""
