"""The sites of a model without blocks: a table, recurrent layers of torch or a few projections, and the way back."""

from __future__ import annotations

import re

from torch import nn

from lpzero.spaces.models.sites import Group, ParameterSite, Reading, SiteMap
from lpzero.spaces.reading.flow import layer_flow
from lpzero.spaces.reading.passage import Passage

NOTE = "the model has no list of blocks and no site_map method: all of it counts as one layer"
NO_EMBEDDING = "found no module that takes the token ids and returns their embedding"
_LAYER = re.compile(r"_l(\d+)(_reverse)?$")


def flat_sites(model: nn.Module, passage: Passage, embedding: str) -> SiteMap:
    """One layer, or as many as a recurrent module of torch has.

    Args:
        model: The model that was run.
        passage: What the pass did.
        embedding: The module that takes the ids.
    """
    tables = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, nn.Embedding)}
    vocabularies = {m.num_embeddings for m in model.modules() if isinstance(m, nn.Embedding)}
    node = {name: node for node, names in passage.parameters.items() for name in names}
    begun = next((call.stop for call in passage.calls if call.module == embedding), 0)
    flow = layer_flow(passage, begun, len(passage.operations))
    recurrent = [name for name, module in model.named_modules() if isinstance(module, nn.RNNBase)]
    cells = {name for name, module in model.named_modules() if isinstance(module, nn.RNNCellBase)}
    layers = {name: depth for depth, name in enumerate(_numbered(model, recurrent), 1)}
    depth = max(1, len(layers))
    sites = []
    for name, parameter in model.named_parameters():
        if parameter.ndim < 2:
            continue
        role = name.removesuffix(".weight")
        inside: Group
        group = flow.group(node.get(name, -1))
        if name in tables:
            sites.append(ParameterSite(0, role, "embedding", name))
        elif _layer_name(name) in layers:
            sites.append(ParameterSite(layers[_layer_name(name)], role, "operation", name))
        elif parameter.shape[0] in vocabularies:
            sites.append(ParameterSite(depth + 1, role, "output", name))
        else:
            inside = "operation" if name.rpartition(".")[0] in cells else group or "feed_forward"
            sites.append(ParameterSite(1, role, inside, name))
    notes = () if layers else (NOTE,)
    refused = {} if embedding else {"jacobian": NO_EMBEDDING}
    return SiteMap(depth, tuple(sites), (), embedding, Reading(stacks=(depth,), notes=notes, refused=refused))


def _layer_name(parameter: str) -> str:
    """The name that the weights of one layer of a recurrent module share."""
    found = _LAYER.search(parameter)
    return f"{parameter.rpartition('.')[0]}.{found[1]}" if found else ""


def _numbered(model: nn.Module, recurrent: list[str]) -> list[str]:
    names = [name for name, _ in model.named_parameters() if name.rpartition(".")[0] in recurrent]
    return list(dict.fromkeys(layer for name in names if (layer := _layer_name(name))))
