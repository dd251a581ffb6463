"""The card of a smaller model: what was cut, what it costs, how it was made, and how it is loaded, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lpzero.compression.files.gguf_file import FILE
from lpzero.compression.files.saved import Saved
from lpzero.compression.files.smaller import Smaller


@dataclass(frozen=True)
class Figure:
    """A loss, with all that one needs to compare it.

    Attributes:
        model: What was measured, such as ``"this model"`` or ``"before recovery"``.
        text: Which text.
        tokens: Tokens that were predicted.
        context: Longest context, in tokens.
        loss: Nats a token.
        full: The same of the full checkpoint.
    """

    model: str
    text: str
    tokens: int
    context: int
    loss: float
    full: float


@dataclass(frozen=True)
class Story:
    """What a card tells beside the model itself.

    Attributes:
        checkpoint: Name of the checkpoint.
        command: The command that made the model.
        figures: Losses, that of the model first.
        more: Further Markdown.
    """

    checkpoint: str
    command: str = ""
    figures: tuple[Figure, ...] = ()
    more: str = ""


def card_text(smaller: Smaller, saved: Saved, story: Story, full: int) -> str:
    """Write the card.

    Args:
        smaller: The model.
        saved: Its size on disk.
        story: Where it comes from.
        full: Parameters in the safetensors of the full checkpoint; 0 where it has none.
    """
    filling = f", {saved.filling:,} of them for its readers alone" if saved.filling else ""
    parts = [
        f"# {story.checkpoint}, compressed",
        f"A sub-network of the trained checkpoint {story.checkpoint}, cut by lpzero. Its files hold "
        f"{saved.parameters:,} parameters{filling}" + (f"; those of the checkpoint {full:,}." if full else "."),
        f"Made by\n\n```\n{story.command}\n```" if story.command else "",
        "## Losses\n\n" + _figures(story.figures) if story.figures else "",
        "## What stays",
        _layers(smaller),
        "## Load it",
        loading(smaller, saved.form),
        story.more.strip(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def loading(smaller: Smaller, form: str) -> str:
    """How a form is loaded, as Markdown."""
    if form == "gguf":
        return f"With llama.cpp, in this folder: `llama-cli -m {FILE}`."
    auto = "AutoModelForCausalLM" if smaller.layout.objective == "causal" else "AutoModelForMaskedLM"
    trusted = "" if form == "plain" else ", trust_remote_code=True"
    code = [
        f"from transformers import {auto}, AutoTokenizer",
        "",
        f'tokenizer = AutoTokenizer.from_pretrained("."{trusted})',
        f'model = {auto}.from_pretrained("."{trusted})',
    ]
    about = {
        "plain": "It is an ordinary model of its family.",
        "own_code": "The layers are not alike, so that the folder has its own modelling file, which needs transformers "
        "alone.",
        "block_configs": "The configuration is that of NVIDIA's Nemotron-NAS family, which vLLM, TensorRT-LLM and MLX "
        "read; for transformers there is a modelling file.",
    }
    return f"{about[form]} In this folder:\n\n```python\n" + "\n".join(code) + "\n```"


def _layers(smaller: Smaller) -> str:
    layout, choice = smaller.layout, smaller.choice
    gone = [str(one.layer) for one in choice.layers if one.is_dropped]
    rows: list[Sequence[object]] = [
        (one.layer, f"{len(one.groups)} of {layout.groups}", f"{len(one.neurons):,} of {layout.neurons:,}")
        for one in choice.layers
        if not one.is_dropped
    ]
    dropped = f"Layers of the checkpoint that are gone: {', '.join(gone)}." if gone else "No layer is gone."
    return f"{dropped}\n\n{_table(('layer', 'key-value groups', 'neurons'), rows)}"


def _figures(figures: Sequence[Figure]) -> str:
    header = ("model", "loss, nats a token", "full checkpoint", "text", "tokens", "context")
    rows = [
        (one.model, f"{one.loss:.3f}", f"{one.full:.3f}", one.text, f"{one.tokens:,}", f"{one.context:,}")
        for one in figures
    ]
    return _table(header, rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines: list[Sequence[object]] = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
