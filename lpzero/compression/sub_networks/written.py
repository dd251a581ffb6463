"""A sub-network as a folder: what it is, or the model that transformers loads, as ``lpzero compress`` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lpzero.compression.sub_networks.space import SubNetworks
    from lpzero.spaces.architecture import Architecture


def write_sub_network(
    space: SubNetworks, folder: Path, architecture: Architecture, card: str, *, weights: bool
) -> None:
    """Write a sub-network.

    Args:
        space: The space.
        folder: Empty, or not there yet.
        architecture: The sub-network.
        card: Further Markdown for the card, ``README.md``.
        weights: Whether the model is written, with the tokenizer; else its configuration, ``architecture.json``, and
            the file of the space beside a link to the checkpoint, by which the model is found again.

    Raises:
        InputError: The folder is not free, or the architecture is not in the space.
        LpzeroError: It cannot be written; nothing is left there.
    """
    from lpzero.compression.files.card import Story
    from lpzero.compression.files.folder import write_checkpoint
    from lpzero.compression.sub_networks.space import cut_of

    source = space.opened.checkpoint
    if not weights:
        _write_description(space, folder, architecture, card)
        return
    story = Story(source.name, more=card)
    write_checkpoint(cut_of(space, architecture), space.layout, space.choice(architecture), source, folder, story=story)


def _write_description(space: SubNetworks, folder: Path, architecture: Architecture, card: str) -> None:
    from lpzero.compression.files.own_code import own_configuration
    from lpzero.compression.files.plain import plain_configuration
    from lpzero.compression.files.smaller import Smaller
    from lpzero.compression.sub_networks.file import write_file
    from lpzero.files import write_json, write_text
    from lpzero.pretrained.folder import ARCHITECTURE
    from lpzero.pretrained.whole import CARD, CONFIGURATION, whole_folder

    source = space.opened.checkpoint
    smaller = Smaller(space.blank(architecture).model, space.layout, space.choice(architecture), source)
    with whole_folder(folder) as part:
        write_json(part / CONFIGURATION, plain_configuration(smaller) or own_configuration(smaller))
        write_file(part, source, space.opened.units, space.opened.least)
        write_json(part / ARCHITECTURE, architecture.to_json())
        write_text(part / CARD, f"# A sub-network of {source.name}\n\nIts weights are not here.\n\n{card}\n")
