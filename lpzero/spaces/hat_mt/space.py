"""Encoder-decoder Transformers for machine translation: the space of HAT, within the choices that were trained.

Wang et al. 2020 (https://arxiv.org/abs/2005.14187) search it by a supernet; Jawahar et al. 2024 ("LLM Performance
Predictors are good initializers for architecture search") trained 30 architectures of it from scratch on three tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.hat_mt import plan
from lpzero.spaces.hat_mt.plan import ENCODER_LAYERS, SPANS, VOCABULARIES, DecoderLayer, EncoderLayer, HatMtPlan
from lpzero.spaces.space import Objective

if TYPE_CHECKING:
    from lpzero.spaces.hat_mt.model import HatMtModel

WIDTHS = (512, 640)
INNER_WIDTHS = (1024, 2048, 3072)
HEADS = (4, 8)

CHOICES = Choices(
    space="hat-mt",
    depths=tuple(range(ENCODER_LAYERS + 1, ENCODER_LAYERS + 7)),
    whole=(Choice.of("decoder_embed_dim", *WIDTHS), Choice.of("encoder_embed_dim", *WIDTHS)),
    front=(
        Choice.of("encoder_ffn_embed_dim", *INNER_WIDTHS),
        Choice.of("encoder_self_attention_heads", *HEADS),
    ),
    front_depth=ENCODER_LAYERS,
    layer=(
        Choice.of("decoder_ffn_embed_dim", *INNER_WIDTHS),
        Choice.of("decoder_self_attention_heads", *HEADS),
        Choice.of("decoder_ende_attention_heads", *HEADS),
        Choice.of("decoder_arbitrary_ende_attn", *SPANS),
    ),
)


@dataclass(frozen=True)
class HatMt(ChoiceSpace):
    """The space of HAT, a :class:`~lpzero.spaces.space.SearchSpace`.

    An architecture has widths of its two streams, ``encoder_embed_dim`` and ``decoder_embed_dim``, six layers of the
    encoder and behind them 1 to 6 of the decoder; its depth counts both. A layer of the encoder has
    ``encoder_ffn_embed_dim`` and ``encoder_self_attention_heads``, one of the decoder ``decoder_ffn_embed_dim``,
    ``decoder_self_attention_heads``, ``decoder_ende_attention_heads`` (of its attention to the encoder) and
    ``decoder_arbitrary_ende_attn``: -1 for an attention to the encoder's last layer, 1 for one to the last two, 2 for
    the last three. The width of a model is the decoder's.

    Attributes:
        protocol: The task, which decides the vocabulary: ``"wmt14ende"``, ``"wmt14enfr"`` or ``"wmt19ende"``.

    Raises:
        InputError: If the protocol is another.

    >>> HatMt("wmt19ende").vocabulary, len(str(HatMt().size))
    (49600, 15)
    """

    protocol: str = "wmt14ende"

    name: ClassVar[str] = "hat-mt"
    protocols: ClassVar[tuple[str, ...]] = tuple(VOCABULARIES)
    objective: ClassVar[Objective] = "seq2seq"
    choices: ClassVar[Choices] = CHOICES
    max_tokens: ClassVar[int] = plan.MAX_TOKENS

    @property
    def vocabulary(self) -> int:
        """Number of token ids, which source and target share."""
        return VOCABULARIES[self.protocol]

    def plan(self, architecture: Architecture) -> HatMtPlan:
        """What is built; raises InputError where the architecture is not in the space."""
        self.validate(architecture)
        layers = [architecture.layer(index) for index in range(architecture.depth)]
        return HatMtPlan(
            vocabulary=self.vocabulary,
            encoder_width=int(architecture["encoder_embed_dim"]),
            decoder_width=int(architecture["decoder_embed_dim"]),
            encoder=tuple(
                EncoderLayer(int(one["encoder_ffn_embed_dim"]), int(one["encoder_self_attention_heads"]))
                for one in layers[:ENCODER_LAYERS]
            ),
            decoder=tuple(
                DecoderLayer(
                    inner_width=int(one["decoder_ffn_embed_dim"]),
                    heads=int(one["decoder_self_attention_heads"]),
                    cross_heads=int(one["decoder_ende_attention_heads"]),
                    span=SPANS[int(one["decoder_arbitrary_ende_attn"])],
                )
                for one in layers[ENCODER_LAYERS:]
            ),
        )

    def build(self, architecture: Architecture, seed: int) -> HatMtModel:
        """Build the untrained model in evaluation mode; equal arguments give equal weights.

        Linear weights are Xavier's uniform ones, the table of words is normal with a variance of 1 / width.
        """
        from lpzero.spaces.hat_mt.model import build

        return build(self.plan(architecture), seed)

    def constructor(self, architecture: Architecture) -> Callable[[], HatMtModel]:
        """What makes the model of the plan."""
        from lpzero.spaces.hat_mt.model import HatMtModel

        return partial(HatMtModel, self.plan(architecture))

    def flops(self, architecture: Architecture, tokens: int) -> int:
        """Floating-point operations from a source and a target of so many tokens each, in closed form."""
        return plan.flops(self.plan(architecture), tokens)

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the parameters by part; ``embedding`` is the table of words, which is also the output."""
        return plan.parameter_counts(self.plan(architecture))
