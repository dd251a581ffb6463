"""Search spaces: draw an architecture, change it, and build the untrained model that it stands for.

Importing this package loads no torch; building a model does.
"""

from __future__ import annotations

from lpzero.spaces.architecture import Architecture
from lpzero.spaces.flexibert.space import FlexiBert
from lpzero.spaces.gpt2.space import Gpt2
from lpzero.spaces.hat_mt.space import HatMt
from lpzero.spaces.hwgpt.space import HwGpt
from lpzero.spaces.llama.space import Llama
from lpzero.spaces.models.output import ModelOutput
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SitedModel, SiteMap
from lpzero.spaces.registry import SPACES, get_space, space_names, usable_spaces
from lpzero.spaces.rnn.space import Rnn
from lpzero.spaces.space import SearchSpace
from lpzero.spaces.transfo_xl.space import TransfoXl

__all__ = [
    "SPACES",
    "Architecture",
    "FlexiBert",
    "Gpt2",
    "HatMt",
    "HwGpt",
    "Llama",
    "ModelOutput",
    "OutputSite",
    "ParameterSite",
    "Rnn",
    "SearchSpace",
    "SiteMap",
    "SitedModel",
    "TransfoXl",
    "get_space",
    "space_names",
    "usable_spaces",
]
