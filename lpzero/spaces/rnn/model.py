"""A recurrent language model: layers of cells between an embedding and an output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.models.output import ModelOutput, next_tokens
from lpzero.spaces.models.sites import BlockSites, SiteMap, stack_sites
from lpzero.spaces.models.weights import Embedding, Linear, build_seeded
from lpzero.spaces.own import MAX_TOKENS
from lpzero.spaces.rnn.cells import Recurrence
from lpzero.spaces.rnn.plan import GATES, LACKS, CellKind, LayerPlan, RnnPlan

EMBEDDING_BOUND, TIED_BOUND = 1.0, 0.5
GAINS: Mapping[CellKind, float] = MappingProxyType({"lstm": 4.0, "gru": 2.0, "plain": 5 / 3})
"""How much larger weights are that read states: about what brings those of an untrained cell to a deviation of 1."""


class Entrance(nn.Module):
    """The part of a layer that works token by token: from the stream to the gates, from the states to the stream."""

    def __init__(self, cell: CellKind, plan: LayerPlan) -> None:
        super().__init__()
        self.input = Linear(plan.inputs, len(GATES[cell]) * plan.width)
        self.projection = Linear(plan.width, plan.outputs, bias=False) if plan.projected else None


class RecurrentBlock(nn.Module):
    """A layer: its cell, a projection of the states where it has one, a residual connection where it has one."""

    def __init__(self, cell: CellKind, plan: LayerPlan) -> None:
        super().__init__()
        self.residual = plan.residual
        self.operation = Recurrence(cell, plan.width)
        self.feed_forward = Entrance(cell, plan)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, tokens, inputs) to the stream (batch, tokens, outputs), and the states (batch, tokens, width)."""
        states: Tensor = self.operation(x, self.feed_forward.input)
        out = states if self.feed_forward.projection is None else self.feed_forward.projection(states)
        return x + out if self.residual else out, states


class RnnModel(nn.Module):
    """A recurrent language model; it keeps :class:`lpzero.spaces.models.sites.LanguageModel`.

    Its hidden states are the embedding's output and the states of each layer's cell, before projection and residual
    connection. It has no attention.
    """

    def __init__(self, plan: RnnPlan) -> None:
        super().__init__()
        self.plan = plan
        self.embedding = Embedding(plan.vocabulary, plan.embedding_width)
        self.blocks = nn.ModuleList(RecurrentBlock(plan.cell, layer) for layer in plan.layers)
        self.output_projection = (
            Linear(plan.last_width, plan.embedding_width, bias=False) if plan.output_projected else None
        )
        self.output = None if plan.tied else Linear(plan.last_width, plan.vocabulary, bias=False)

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its language-model loss, each label from the tokens before it.

        Args:
            input_ids: (batch, tokens) integers from 0, below the vocabulary, at most 64 tokens.
            labels: (batch, tokens) ids, or -100 where there is nothing to predict; the first of a row does not count.
            output_attentions: Taken, since others are asked; there are none.
            output_hidden_states: Whether to return the embedding's output and the states of each layer.

        Raises:
            InputError: If there are too many tokens, or no label to predict.
        """
        del output_attentions
        stream, states = self._run(input_ids)
        targets, labelled = next_tokens(labels)
        loss = nn.functional.cross_entropy(self._predict(stream[:, :-1][labelled]), targets[labelled])
        return ModelOutput(loss, tuple(states) if output_hidden_states else None, None)

    def logits(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens) ids to (batch, tokens, vocabulary), the scores of the next id."""
        return self._predict(self._run(input_ids)[0])

    def site_map(self) -> SiteMap:
        """The sites of this model.

        The recurrent weights are the operation of a block, what works token by token is its feed-forward part: the
        weights from the stream to the gates, and the projection.
        """
        embedding = {"word": "embedding.weight"}
        output = {
            role: f"{name}.weight"
            for role, name in (("projection", "output_projection"), ("word", "output"))
            if getattr(self, name) is not None
        }
        blocks = [self._sites(layer) for layer in self.plan.layers]
        return replace(stack_sites(embedding, blocks, output, embedding="embedding"), lacks=LACKS)

    def _sites(self, layer: LayerPlan) -> BlockSites:
        weights = {"recurrent": "operation.recurrent.weight", "input": "feed_forward.input.weight"}
        if layer.projected:
            weights["projection"] = "feed_forward.projection.weight"
        gates = GATES[self.plan.cell]
        return BlockSites(weights, {}, {gate: f"operation.gates.{gate}" for gate in gates})

    def _run(self, input_ids: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The stream behind the last layer, and the hidden states."""
        tokens = input_ids.shape[1]
        if tokens > MAX_TOKENS:
            raise InputError(f"input_ids: expected at most {MAX_TOKENS} tokens, found {tokens}")
        x: Tensor = self.embedding(input_ids)
        hidden = [x]
        for block in self.blocks:
            x, states = block(x)
            hidden.append(states)
        return x, hidden

    def _predict(self, x: Tensor) -> Tensor:
        """(..., width of the stream) to (..., vocabulary)."""
        if self.output is not None:
            scores: Tensor = self.output(x)
            return scores
        if self.output_projection is not None:
            x = self.output_projection(x)
        return x @ self.embedding.weight.T


def build(plan: RnnPlan, seed: int) -> RnnModel:
    """Build the model of a plan with weights that follow from the seed.

    Weights are uniform around 0. Those from the stream to the gates, and the projections in layers, keep the variance
    of what they read (LeCun et al. 1998, Efficient BackProp); recurrent weights and what lies behind the layers lie
    within 1 / sqrt(inputs), as PyTorch's. The states of an untrained cell are small, so that a signal would be lost on
    its way through several layers: what reads them is larger, by ``GAINS``. The embedding lies within 1, one that is
    the output as well within 0.5. Biases are 0.
    """

    def draw(name: str, weight: Tensor, generator: torch.Generator) -> Tensor:
        if name == "embedding.weight":
            bound = TIED_BOUND if plan.tied else EMBEDDING_BOUND
        else:
            bound = ((3 if ".feed_forward." in name else 1) / weight.shape[1]) ** 0.5
        return weight.uniform_(-bound, bound, generator=generator).mul_(
            GAINS[plan.cell] if reads_states(plan, name) else 1
        )

    return build_seeded(lambda: RnnModel(plan), seed, draw)


def reads_states(plan: RnnPlan, name: str) -> bool:
    """Whether a weight reads the states of the layer before it, which no projection has brought to the stream.

    Args:
        plan: Of its model.
        name: Of the parameter.
    """
    if name.endswith(".projection.weight"):
        return True
    in_first = name.startswith(("embedding.", "blocks.0."))
    return not in_first and not name.endswith(".recurrent.weight") and not plan.layers[0].projected
