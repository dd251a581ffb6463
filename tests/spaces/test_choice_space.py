"""What a space of independent choices has without writing it: keys, width, and the model on the meta device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from lpzero.errors import InputError
from lpzero.spaces import Architecture
from lpzero.spaces.choice_space import LITTLE, ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.models.sites import SiteMap

STRANGER = Architecture.of("elsewhere", {"units": 4, "kind": "a"}, [{}])


@dataclass(frozen=True)
class Bare(ChoiceSpace):
    """Choices, and no models."""

    protocol: str = "one"
    name: ClassVar[str] = "bare"
    protocols: ClassVar[tuple[str, ...]] = ("one",)
    vocabulary: ClassVar[int] = 5

    @property
    def choices(self) -> Choices:
        """The width first, under a name of its own."""
        return Choices("bare", (1, 2), (Choice.of("units", 4, 8), Choice.of("kind", "a", "b")), ())


@dataclass(frozen=True)
class Linear(Bare):
    """A linear layer as wide as the first choice."""

    def constructor(self, architecture: Architecture) -> Callable[[], nn.Module]:
        """What makes it."""
        width = self.width(architecture)
        return lambda: nn.Linear(width, width)


ARCHITECTURE = Architecture.of("bare", {"units": 8, "kind": "b"}, [{}])


def test_the_width_is_the_first_choice_of_the_whole_model() -> None:
    assert Bare().width(ARCHITECTURE) == 8


def test_without_more_to_say_every_choice_shows_in_the_model() -> None:
    other = Architecture.of("bare", {"units": 8, "kind": "a"}, [{}])
    assert Bare().model_key(ARCHITECTURE) == Bare().key(ARCHITECTURE) == ARCHITECTURE.digest
    assert Bare().model_key(ARCHITECTURE) != Bare().model_key(other)


@pytest.mark.parametrize("ask", ["width", "model_key", "blank"])
def test_an_architecture_of_another_space_is_refused(ask: str) -> None:
    with pytest.raises(InputError, match="space is 'elsewhere': expected 'bare'"):
        getattr(Linear(), ask)(STRANGER)


def test_a_blank_model_is_what_the_constructor_makes_on_the_meta_device() -> None:
    state = torch.get_rng_state()
    blank = Linear().blank(ARCHITECTURE)
    assert isinstance(blank, nn.Linear)
    assert {(tuple(p.shape), p.device.type) for p in blank.parameters()} == {((8, 8), "meta"), ((8,), "meta")}
    assert torch.equal(torch.get_rng_state(), state)


def test_a_space_that_says_no_model_is_named() -> None:
    with pytest.raises(NotImplementedError, match=r"^Bare gives neither constructor\(\) nor blank\(\)$"):
        Bare().blank(ARCHITECTURE)


class Speaking(nn.Module):
    """Logits of a linear layer."""

    def __init__(self, *, buffered: bool) -> None:
        super().__init__()
        self.words, self.line = nn.Embedding(5, 8), nn.Linear(8, 5)
        if buffered:
            self.register_buffer("shift", torch.ones(8))

    def site_map(self) -> SiteMap:
        """No sites."""
        return SiteMap(0, (), (), "words")

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        """(batch, tokens, words)."""
        return self.line(self.words(ids) + getattr(self, "shift", 0.0))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Spoken(Bare):
    """A model that says something, with a buffer or without."""

    def constructor(self, architecture: Architecture) -> Callable[[], nn.Module]:
        """What makes it."""
        return lambda: Speaking(buffered=architecture["kind"] == "b")


@pytest.mark.parametrize("most", [0, LITTLE])
@pytest.mark.parametrize("kind", ["a", "b"])
def test_operations_are_those_of_the_shapes_wherever_they_are_counted(
    monkeypatch: pytest.MonkeyPatch, most: int, kind: str
) -> None:
    monkeypatch.setattr("lpzero.spaces.choice_space.LITTLE", most)
    # lengths that nothing else counts
    tokens = 101 if most else 103
    architecture = Architecture.of("bare", {"units": 8, "kind": kind}, [{}])
    assert Spoken().flops(architecture, tokens) == 2 * tokens * 8 * 5
