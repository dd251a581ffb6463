"""The outputs of modules that operands are read from: heads and activations, at every call of a block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from torch import nn

from lpzero.spaces.models.sites import Group, OutputSite
from lpzero.spaces.reading.flow import Flow
from lpzero.spaces.reading.layers import Layers
from lpzero.spaces.reading.names import head_sites, is_non_linearity, kind, surely, third_sites
from lpzero.spaces.reading.passage import Call, Passage


def output_sites(
    model: nn.Module,
    passage: Passage,
    layers: Layers,
    flows: Sequence[Flow],
    groups: Mapping[str, Group],
) -> tuple[list[OutputSite], dict[str, str]]:
    """The sites in every layer, in the order of the pass, and what cannot be told of them, by family.

    A module that is called several times in a block is one site.

    Args:
        model: The model that was run.
        passage: What the pass did.
        layers: Its blocks.
        flows: What each layer is for.
        groups: That of every parameter that is a site.
    """
    finder = _Finder(model, passage, layers, groups)
    found = [site for layer, flow in enumerate(flows, 1) for site in finder.sites(layer, flow)]
    return found, finder.refused


class _Finder:
    def __init__(self, model: nn.Module, passage: Passage, layers: Layers, groups: Mapping[str, Group]) -> None:
        self._passage, self._layers, self._groups = passage, layers, groups
        self._modules = dict(model.named_modules())
        self.refused: dict[str, str] = {}
        self._aliases: dict[int, list[str]] = {}
        for name, module in model.named_modules(remove_duplicate=False):
            self._aliases.setdefault(id(module), []).append(name)

    def sites(self, layer: int, flow: Flow) -> Iterator[OutputSite]:
        """Heads, then activations, of all calls that a layer is made of."""
        calls = self._layers.calls[layer - 1]
        heads: list[OutputSite] = []
        activations: list[OutputSite] = []
        for block in calls:
            seen: dict[str, list[Call]] = {}
            for call in self._passage.calls:
                inside = block.start <= call.start and call.stop <= block.stop and call is not block
                if inside and self._is_within(call, block):
                    seen.setdefault(call.module, []).append(call)
            paths = {name: Layers.path(calls, block, self._name_within(name, block.module)) for name in seen}
            where = Layers.block_call(block)
            found = [replace(site, block=where) for site in self._head_sites(paths, seen, layer, flow)]
            heads += [*found, *self._silent(calls, block, found, seen)]
            found = [replace(site, block=where) for site in self._activation_sites(paths, seen, layer, flow)]
            activations += [*found, *self._silent(calls, block, found, seen)]
        yield from (*heads, *activations)

    def _head_sites(
        self, paths: Mapping[str, str], seen: Mapping[str, list[Call]], layer: int, flow: Flow
    ) -> list[OutputSite]:
        """Those that names say, or what an attention multiplies where they do not say all of it."""
        named = [site for name, path in paths.items() for site in self._heads(path, name, layer)]
        attended = [name for name in seen if self._is_attended(name, seen[name], flow)]
        known = {site.module for site in named}
        if len(known) < 3 and known < set(attended):
            return [site for name in attended for site in third_sites(paths[name], self._modules[name], name, layer)]
        if known and len(known) < 3 and not attended:
            self._check_complete(known, flow)
        return named

    def _activation_sites(
        self, paths: Mapping[str, str], seen: Mapping[str, list[Call]], layer: int, flow: Flow
    ) -> list[OutputSite]:
        found = []
        for name, calls in seen.items():
            if self._is_activation(paths[name], name, calls, flow):
                picked = any(p.node in flow.picked for call in calls for p in call.outputs[:1])
                found.append(OutputSite("activation", layer, paths[name], name, picked=picked))
        if found:
            return found
        # where the non-linearity is a plain function, the module that it ends is read, as BERT names it
        ends = [name for name in seen if name.endswith("intermediate")]
        return [OutputSite("activation", layer, paths[name], name) for name in ends]

    def _silent(
        self, calls: tuple[Call, ...], block: Call, sites: Sequence[OutputSite], seen: Mapping[str, list[Call]]
    ) -> Iterator[OutputSite]:
        """Sites of modules that differ from others by their numbers alone: experts that no token went to."""
        whole = {_bare(site.module, block.module): site for site in sites if site.part is None}
        for name in self._modules:
            if name.startswith(f"{block.module}.") and name not in seen:
                site = whole.get(_bare(name, block.module))
                if site is not None:
                    yield replace(site, module=name, role=Layers.path(calls, block, name))

    def _is_within(self, call: Call, block: Call) -> bool:
        above: Call | None = call
        while above is not None and above is not block:
            above = None if above.parent is None else self._passage.calls[above.parent]
        return above is block

    def _name_within(self, name: str, block: str) -> str:
        """The name that a module has in a block, where it has one: one that several blocks share has several."""
        names = self._aliases[id(self._modules[name])]
        return next((alias for alias in names if alias.startswith(f"{block}.")), name)

    def _heads(self, path: str, name: str, layer: int) -> Iterator[OutputSite]:
        module = self._modules[name]
        own = [f"{name}.{weight}" for weight, p in module.named_parameters(recurse=False) if p.ndim >= 2]
        if own and self._groups.get(own[0], "operation") == "operation" and kind(path) != "feed_forward":
            yield from head_sites(path, module, name, layer)

    def _check_complete(self, known: set[str], flow: Flow) -> None:
        """Note where an attention multiplies more than what is named a query, a key or a value."""
        multiplied = frozenset[int]().union(*flow.attended) if flow.attends else frozenset[int]()
        for node in multiplied:
            names = self._passage.parameters[node]
            if not any(name.rpartition(".")[0] in known for name in names):
                self.refused = {"head": f"cannot tell whether {names[0]} makes a query, a key or a value"}

    def _is_attended(self, name: str, calls: Sequence[Call], flow: Flow) -> bool:
        """Whether an attention multiplies what a module gives, which no name says."""
        weights = [
            f"{name}.{weight}" for weight, p in self._modules[name].named_parameters(recurse=False) if p.ndim == 2
        ]
        nodes = frozenset(node for node in flow.heads if set(self._passage.parameters.get(node, ())) & set(weights))
        return bool(nodes) and all(flow.origins.get(call.outputs[0].node) == nodes for call in calls if call.outputs)

    def _is_activation(self, path: str, name: str, calls: Sequence[Call], flow: Flow) -> bool:
        if not is_non_linearity(self._modules[name]):
            return False
        if surely(path) is not None:
            return surely(path) == "feed_forward"
        groups = {flow.group(p.node) for call in calls for p in call.outputs[:1]}
        return kind(path) != "operation" and "operation" not in groups


def _bare(name: str, block: str) -> str:
    """A name in a block, with its numbers taken out."""
    return re.sub(r"\d+", "#", name.removeprefix(f"{block}."))
