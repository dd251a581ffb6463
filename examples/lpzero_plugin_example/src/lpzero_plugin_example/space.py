"""A space: GPT-2 decoders over bytes, narrower than those of lpzero's own table."""

from dataclasses import dataclass
from typing import ClassVar

from lpzero.spaces import Gpt2
from lpzero.spaces.choices import Choice, Choices


@dataclass(frozen=True)
class NarrowGpt2(Gpt2):
    """As the protocol ``own`` of the space ``gpt2``, with choices of its own."""

    protocol: str = "own"
    name: ClassVar[str] = "narrow-gpt2"
    protocols: ClassVar[tuple[str, ...]] = ("own",)
    choices: ClassVar[Choices] = Choices(
        space="narrow-gpt2",
        depths=(2, 3, 4, 5, 6),
        whole=(Choice.of("d_model", 16, 32, 48),),
        layer=(Choice.of("d_inner", 16, 32, 64, 128), Choice.of("heads", 1, 2, 4)),
    )
