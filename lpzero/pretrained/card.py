"""The card of a model's folder: what it is, how large it is, and how to load it, as Markdown."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from lpzero.pretrained.registration import HEADS
from lpzero.spaces.architecture import Architecture, Values
from lpzero.spaces.space import SearchSpace, WritesModels
from lpzero.spaces.toml.space import ConfigSpace


def card_text(space: SearchSpace, architecture: Architecture, seed: int | None, more: str = "") -> str:
    """Write a card.

    Args:
        space: The space, with its protocol.
        architecture: The architecture.
        seed: Seed of the weights; None where the folder holds none.
        more: Further Markdown behind everything else: scores, costs, the settings of a search.
    """
    key = space.key(architecture)
    facts: list[tuple[str, object]] = [
        ("space", space.name),
        ("protocol", space.protocol),
        ("key", f"`{key}`"),
        ("layers", architecture.depth),
        *architecture.whole,
        ("token ids", space.vocabulary),
        ("longest sequence", f"{space.max_tokens} tokens"),
    ]
    code = loading_code(space, weights=seed is not None)
    parts = [
        f"# {space.name}, protocol {space.protocol}: {key[:16]}",
        f"A {space.objective} language model of lpzero's search space `{space.name}`. {_weights(space, seed)}",
        _table(("", ""), facts),
        "## Layers",
        _layers(architecture.layers),
        "## Parameters",
        _table(("part", "parameters"), [(name, f"{n:,}") for name, n in space.parameter_counts(architecture).items()]),
        "## Load it",
        f"In this folder:\n\n```python\n{code}\n```",
        more.strip(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def loading_code(space: SearchSpace, *, weights: bool, folder: str = ".") -> str:
    """Python that loads a folder.

    Args:
        space: The space of its model.
        weights: Whether it holds weights. Without them the code draws some, unless they come from a checkpoint.
        folder: The folder, as the code shall name it.
    """
    auto = f"AutoModel{HEADS[space.objective]}"
    if weights:
        # it may have a modelling file of its own
        trusted = ", trust_remote_code=True" if isinstance(space, WritesModels) else ""
        names, body = auto, [f"model = {auto}.from_pretrained({folder!r}{trusted})"]
    else:
        names, body = "AutoConfig", [f"config = AutoConfig.from_pretrained({folder!r})"]
        if not _pretrained(space):
            names, body = f"AutoConfig, {auto}", [*body, f"model = {auto}.from_config(config)  # draws the weights"]
    imports = [f"from transformers import {names}", ""]
    if not isinstance(space, ConfigSpace | WritesModels):
        imports = ["import lpzero", *imports, "lpzero.register()"]
    return "\n".join([*imports, *body])


def _pretrained(space: SearchSpace) -> bool:
    return bool(getattr(space, "pretrained", False))


def _weights(space: SearchSpace, seed: int | None) -> str:
    """Where the weights come from."""
    if seed is None:
        # a folder keeps the file of its space, and no checkpoint
        found = space.reference == space.name or isinstance(space, ConfigSpace)
        chosen = "" if found else f" --space {shlex.quote(space.reference)}"
        return f"This folder holds no weights: `lpzero build .{chosen} --out DIR` writes the model with them."
    if _pretrained(space):
        return "Its weights were cut out of a trained checkpoint."
    return f"Its weights are untrained: they were drawn with the seed {seed}."


def _layers(layers: tuple[Values, ...]) -> str:
    """A row a layer, counted from 0 as in messages; layers with other names have a table of their own."""
    numbered = [(tuple(name for name, _ in layer), index, layer) for index, layer in enumerate(layers)]
    if not any(names for names, _, _ in numbered):
        return "All layers are alike."
    tables = [
        _table(("layer", *names), [(index, *(value for _, value in layer)) for _, index, layer in stack])
        for names, stack in groupby(numbered, key=itemgetter(0))
    ]
    return "\n\n".join(tables)


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines: list[Sequence[object]] = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
