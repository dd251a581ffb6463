"""A smaller model as a folder, in the form that its readers need: written whole, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Literal, get_args

from torch import Tensor, nn

from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.layout import Layout
from lpzero.compression.files.block_configs import BLOCK_CODE, block_configuration, block_tensors
from lpzero.compression.files.card import Story, card_text
from lpzero.compression.files.gguf_file import FILE, check_gguf, write_gguf
from lpzero.compression.files.own_code import CODE, own_code, own_configuration
from lpzero.compression.files.plain import plain_configuration
from lpzero.compression.files.saved import Saved, count_bytes, count_gguf, count_parameters
from lpzero.compression.files.smaller import Smaller, check_smaller
from lpzero.errors import InputError, unknown_name
from lpzero.files import write_json, write_text
from lpzero.pretrained.bars import without_bars
from lpzero.pretrained.whole import CARD, CONFIGURATION, check_free, whole_folder

Form = Literal["transformers", "plain", "block_configs", "gguf"]
ALONG = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
    "LICENSE",
)
"""Files of a checkpoint that hold of the smaller model as well."""
_ENDLESS = 1 << 62


def write_checkpoint(
    model: nn.Module,
    layout: Layout,
    choice: Choice,
    source: Path,
    out: Path,
    *,
    form: Form = "transformers",
    story: Story | None = None,
) -> Saved:
    """Write a smaller model, in the number format of the checkpoint and in files no larger than its.

    Args:
        model: What :func:`lpzero.compression.cutting.cut.cut` made, with whatever was learned since; it is only read.
        layout: The layout of the checkpoint.
        choice: What stays of it.
        source: The folder of the checkpoint; it is only read.
        out: Empty, or not there yet.
        form: ``"transformers"`` for an ordinary folder of the family where its configuration can say the model, and one
            with a modelling file of its own where not; ``"plain"`` for the first or an error; ``"block_configs"`` as
            the Nemotron-NAS family has it; ``"gguf"`` for one file, ``model.gguf``, for llama.cpp.
        story: What the card tells; None for what is known here.

    Returns:
        What is in the folder, counted from its files.

    Raises:
        InputError: The folder is not free, the form is none or cannot say the model, or the source has no
            configuration.
        MissingError: The form is ``"gguf"``, and that library is not installed.
        LpzeroError: It cannot be written; nothing is left there.
    """
    if form not in get_args(Form):
        raise unknown_name("format", form, get_args(Form))
    check_free(out)
    smaller = Smaller(model, layout, choice, source)
    check_smaller(smaller)
    found = "gguf" if form == "gguf" else _form(smaller, form)
    with whole_folder(out) as part:
        filling = _write_model(smaller, found, part)
        _copy_along(smaller, part, gguf=found == "gguf")
        parameters = count_gguf(part / FILE) if found == "gguf" else count_parameters(part)
        # the card's own bytes are no part of what it says
        saved = Saved(out, found, parameters, count_bytes(part), filling)
        told = story if story is not None else Story(source.resolve().name)
        write_text(part / CARD, card_text(smaller, saved, told, count_parameters(source)))
    return saved


def check_form(model: nn.Module, layout: Layout, source: Path, form: Form) -> None:
    """Look whether a form can say sub-networks of a checkpoint, before anything that takes long.

    Args:
        model: The checkpoint.
        layout: Its layout.
        source: Its folder.
        form: As of :func:`write_checkpoint`.

    Raises:
        InputError: It cannot, or the form is none.
        MissingError: The form is ``"gguf"``, and that library is not installed.
    """
    if form not in get_args(Form):
        raise unknown_name("format", form, get_args(Form))
    whole = Smaller(model, layout, layout.everything, source)
    if form == "block_configs":
        block_configuration(whole)
    if form == "gguf":
        check_gguf(whole)


def _form(smaller: Smaller, form: Form) -> str:
    if form == "block_configs":
        return form
    if plain_configuration(smaller) is not None:
        return "plain"
    if form == "plain":
        raise InputError(
            "`form` plain: expected layers of one width, with attention and feed-forward, found others: an ordinary "
            f"configuration of {smaller.layout.family} cannot say them; choose with `plain`, or write another `form`"
        )
    return "own_code"


def _write_model(smaller: Smaller, form: str, part: Path) -> int:
    """Write weights, configuration and code of a form; returns how many parameters are filling."""
    if form == "gguf":
        return write_gguf(smaller, part / FILE)
    tensors, document = smaller.tensors, plain_configuration(smaller)
    if form == "own_code":
        document = own_configuration(smaller)
        write_text(part / CODE, own_code(smaller))
    if form == "block_configs":
        document, tensors = block_configuration(smaller), block_tensors(smaller)
        write_text(part / BLOCK_CODE, own_code(smaller, BLOCK_CODE))
    _save(smaller, tensors, part)
    write_json(part / CONFIGURATION, document)
    return sum(map(Tensor.numel, tensors.values())) - sum(map(Tensor.numel, smaller.tensors.values()))


def _save(smaller: Smaller, tensors: dict[str, Tensor], part: Path) -> None:
    from huggingface_hub import save_torch_state_dict

    found: dict[str, Any] = {
        name: tensor.detach().to(smaller.dtype) if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    with without_bars():
        save_torch_state_dict(found, part, max_shard_size=smaller.shard_bytes or _ENDLESS)


def _copy_along(smaller: Smaller, part: Path, *, gguf: bool) -> None:
    for name in ALONG:
        # a GGUF file has the tokenizer inside
        if (smaller.source / name).is_file() and (not gguf or name == "LICENSE"):
            shutil.copyfile(smaller.source / name, part / name)
