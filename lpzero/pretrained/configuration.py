"""The configuration of a space's model: a space, a protocol and an architecture, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import PreTrainedConfig

from lpzero.errors import InputError
from lpzero.pretrained.subnetworks import subnetwork_space
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


class LpzeroConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """What every configuration of lpzero holds; that of a space has a ``model_type`` as well.

    Besides its arguments it has ``vocab_size``, ``hidden_size``, ``num_hidden_layers`` and
    ``max_position_embeddings``. They follow from the arguments: a document may state them, but not otherwise.

    Args:
        space: Name of the space.
        protocol: Which model of the space an architecture stands for.
        architecture: The architecture as :meth:`lpzero.spaces.architecture.Architecture.to_json` writes it.
        checkpoint: For a sub-network, the configuration of the LLaMA that it was cut out of: its weights are not
            needed, and none of them is kept.
        kwargs: What any configuration of transformers takes.

    Raises:
        InputError: An argument is missing, there is no such space or protocol, the architecture is not in the
            space, or a stated number is not the one that follows.
    """

    # a configuration without an architecture stands for no model: transformers shall not make one to compare with
    has_no_defaults_at_init = True
    # of the weights that a model shares by name, and of no others
    tie_word_embeddings = True

    def __init__(
        self,
        *,
        space: str | None = None,
        protocol: str | None = None,
        architecture: Mapping[str, Any] | None = None,
        checkpoint: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if space is None or protocol is None or architecture is None:
            given = {"space": space, "protocol": protocol, "architecture": architecture}
            missing = next(name for name, value in given.items() if value is None)
            raise InputError(f"configuration: expected space, protocol and architecture, found no {missing}")
        of, point = _space(space, protocol, checkpoint), Architecture.from_json(architecture)
        of.validate(point)
        derived = _derived(of, point)
        for name, value in derived.items():
            stated = kwargs.pop(name, value)
            if stated != value:
                raise InputError(f"configuration: {name} is {stated!r}: expected {value}, as the architecture says")
        super().__init__(**kwargs)
        self.space, self.protocol, self.architecture = space, protocol, point.to_json()
        self.checkpoint = None if checkpoint is None else dict(checkpoint)
        for name, value in derived.items():
            setattr(self, name, value)

    def search_space(self) -> SearchSpace:
        """The space, with its protocol; that of sub-networks can build nothing, since it has no checkpoint."""
        return _space(self.space, self.protocol, self.checkpoint)

    def point(self) -> Architecture:
        """The architecture as a value."""
        return Architecture.from_json(self.architecture)


def _space(name: str, protocol: str, checkpoint: Mapping[str, Any] | None) -> SearchSpace:
    return get_space(name, protocol) if checkpoint is None else subnetwork_space(protocol, checkpoint)


def _derived(space: SearchSpace, architecture: Architecture) -> dict[str, int]:
    return {
        "vocab_size": space.vocabulary,
        "hidden_size": space.width(architecture),
        "num_hidden_layers": architecture.depth,
        "max_position_embeddings": space.max_tokens,
    }
