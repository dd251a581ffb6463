"""How a model is called, as its signature says."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.models.calling import Calling, signed, uncompiled


def _forward(text: str) -> nn.Module:
    names: dict[str, Any] = {"nn": nn}
    exec(f"class M(nn.Module):\n    def forward(self, {text}): ...", names)  # noqa: S102  (a signature each)
    model: nn.Module = names["M"]()
    return model


@pytest.mark.parametrize(
    ("signature", "ids", "first", "labels", "own_place", "required"),
    [
        ("x", None, "x", None, False, ()),
        ("idx, targets=None", None, "idx", "targets", True, ()),
        ("idx, targets", None, "idx", "targets", True, ()),
        ("x, y", None, "x", "y", True, ()),
        ("y", None, "y", None, False, ()),
        ("input_ids, labels=None", "input_ids", "input_ids", "labels", False, ()),
        ("input_ids, attention_mask, labels", "input_ids", "input_ids", "labels", False, ("attention_mask",)),
        ("mask, input_ids", "input_ids", "input_ids", None, False, ("mask",)),
        ("x, state", None, "x", None, False, ("state",)),
        ("input_ids, **more", "input_ids", "input_ids", "labels", False, ()),
        ("**inputs", "input_ids", "input_ids", "labels", False, ()),
        ("*args, **kwargs", None, "", None, False, ()),
    ],
)
def test_names_say_what_goes_where(
    signature: str, ids: str | None, first: str, labels: str | None, own_place: bool, required: tuple[str, ...]
) -> None:
    found = signed(_forward(signature))
    assert (found.ids, found.first, found.labels) == (ids, first, labels)
    assert (found.own_place, found.required) == (own_place, required)


def test_flags_go_to_what_takes_them() -> None:
    wanted = {"output_attentions": True, "return_dict": True}
    assert signed(_forward("x, output_attentions=False")).flags(wanted) == {"output_attentions": True}
    assert signed(_forward("input_ids, **more")).flags(wanted) == wanted
    # what takes anything beside an unnamed first argument may pass it on to something that does not
    assert signed(_forward("x, **more")).flags(wanted) == {}
    assert signed(_forward("x, **more")).takes("attention_mask")
    assert not signed(_forward("x")).takes("attention_mask")


def test_ids_are_given_with_the_axes_that_the_model_reads() -> None:
    class Kept(nn.Module):
        def forward(self, ids: Tensor) -> Tensor:
            return ids.view(-1)

    ids = torch.arange(6).view(2, 3)
    for time_first, expected in ((False, ids), (True, ids.T)):
        calling = Calling(None, "ids", None, time_first=time_first)
        assert torch.equal(calling.call(Kept(), ids, {}), expected.reshape(-1))


def test_a_compiled_or_parallel_model_is_what_was_given() -> None:
    inner = nn.Linear(2, 2)
    assert uncompiled(torch.compile(inner, backend="eager")) is inner
    assert uncompiled(nn.DataParallel(inner)) is inner
    assert uncompiled(inner) is inner
    assert signed(torch.compile(_forward("idx, targets=None"), backend="eager")).labels == "targets"
