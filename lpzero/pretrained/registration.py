"""For each space of lpzero a configuration and a model class, and their entry into transformers."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lpzero.errors import InputError
from lpzero.pretrained.subnetworks import checkpoint_document
from lpzero.spaces import SPACES, get_space, space_names

if TYPE_CHECKING:
    from lpzero.pretrained.configuration import LpzeroConfig
    from lpzero.pretrained.modeling import LpzeroModel
    from lpzero.spaces.architecture import Architecture
    from lpzero.spaces.space import SearchSpace

HEADS = {"causal": "ForCausalLM", "masked": "ForMaskedLM", "seq2seq": "ForSeq2SeqLM"}
"""What transformers calls a language model by its objective; ``AutoModel`` with it is the auto class."""
MODEL_TYPE = "lpzero-"
"""What the ``model_type`` of every configuration of lpzero begins with; the name of its space follows."""
_PREFIX = "Lpzero"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class TransformersClasses:
    """The classes of one space.

    Attributes:
        configuration: Its ``model_type`` is ``lpzero-`` and the name of the space.
        model: The language model.
    """

    configuration: type[LpzeroConfig]
    model: type[LpzeroModel]


@cache
def classes_of(space: str) -> TransformersClasses:
    """The classes of a space, the same ones at every call.

    Raises:
        InputError: There is no space of that name.

    >>> classes = classes_of("transfo-xl")
    >>> classes.configuration.model_type, classes.model.__name__
    ('lpzero-transfo-xl', 'LpzeroTransfoXlForCausalLM')
    """
    from lpzero.pretrained.configuration import LpzeroConfig
    from lpzero.pretrained.modeling import LpzeroModel

    objective = get_space(space).objective
    name = _PREFIX + "".join(part.capitalize() for part in re.findall(r"[A-Za-z0-9]+", space))
    about = f"of the models of the space ``{space}``."
    # transformers writes an __init__ into every configuration class that has none of its own
    own = {"model_type": MODEL_TYPE + space, "__init__": LpzeroConfig.__init__}
    configuration = type(f"{name}Config", (LpzeroConfig,), {**own, "__doc__": f"The configuration {about}"})
    head = {"config_class": configuration, "__doc__": f"The transformers class {about}"}
    return TransformersClasses(configuration, type(name + HEADS[objective], (LpzeroModel,), head))


def configuration_of(space: SearchSpace, architecture: Architecture) -> LpzeroConfig:
    """The configuration of an architecture; raises InputError where it is not in the space."""
    classes = classes_of(space.name)
    return classes.configuration(
        space=space.name,
        protocol=space.protocol,
        architecture=architecture.to_json(),
        checkpoint=checkpoint_document(space),
        architectures=[classes.model.__name__],
    )


def register() -> None:
    """Make the models of every space that has a name known to transformers' auto classes; again does no harm.

    ``AutoConfig`` and ``AutoModel`` know all of them, ``AutoModelForCausalLM``, ``AutoModelForMaskedLM`` and
    ``AutoModelForSeq2SeqLM`` those of their objective. ``AutoModel`` gives the language model as well: there is no
    class without its head. A space of another package that cannot be made is left out, with a warning in the log.
    """
    import transformers

    for space in space_names():
        try:
            classes = classes_of(space)
        except InputError as err:
            if space in SPACES:
                raise
            _LOG.warning("%s: its models are not registered", err)
            continue
        transformers.AutoConfig.register(classes.configuration.model_type, classes.configuration, exist_ok=True)
        for head in ("", HEADS[get_space(space).objective]):
            auto = getattr(transformers, f"AutoModel{head}")
            auto.register(classes.configuration, classes.model, exist_ok=True)


def __getattr__(name: str) -> Any:
    """A class of a space by its own name, as pickle looks for it; raises AttributeError for another name."""
    if name.startswith(_PREFIX):
        for space in space_names():
            for made in (classes_of(space).configuration, classes_of(space).model):
                if made.__name__ == name:
                    return made
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
