"""What the weights of a block are for, by what becomes of their outputs.

Between two reads of the residual stream a block makes a *branch*: what it computes until the result is added to the
stream. A branch in which positions meet (products of two activations, convolutions over tokens, scans) is an operation;
one that works on every position by itself is a feed-forward.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lpzero.spaces.models.sites import Group
from lpzero.spaces.reading.passage import Operation, Passage, Passed

_PRODUCTS = ("aten.mm", "aten.bmm", "aten.addmm", "aten.baddbmm", "aten.matmul", "aten.mv", "aten.dot")
_SCANS = ("aten.cumsum", "aten.cumprod", "aten.logcumsumexp", "aten.cummax", "aten._cummax_helper", "aten.roll")
_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu", "rnn_layer")
_PICKS = ("aten.index", "aten.index_select", "aten.gather", "aten.take_along_dim")
_PUTS = ("aten.index_add", "aten.index_add_", "aten.index_put", "aten.index_put_", "aten.scatter_add", "aten.scatter")
_SUMS = ("aten.add", "aten.add_", "aten.sub", "aten.sub_")


@dataclass
class Flow:
    """What happened to the tensors of one layer.

    Attributes:
        parts: Parameter to the branch that it is in.
        mixing: Branches in which positions meet.
        sums: Which branches are added into which, before the stream.
        returned: Tensors of branches that the stream was added to in place.
        origins: Tensor to the weights that it is a product with, elementwise operations apart.
        picked: Tensors whose rows are picked out of the tokens.
        attended: The origins of each factor of products in which positions meet.
        attends: Whether there is a softmax over tokens.
    """

    parts: dict[int, int] = field(default_factory=dict)
    mixing: set[int] = field(default_factory=set)
    sums: set[tuple[int, int]] = field(default_factory=set)
    returned: set[int] = field(default_factory=set)
    origins: dict[int, frozenset[int]] = field(default_factory=dict)
    picked: set[int] = field(default_factory=set)
    attended: list[frozenset[int]] = field(default_factory=list)
    attends: bool = False
    _above: dict[int, int] = field(default_factory=dict)

    def group(self, node: int) -> Group | None:
        """What a parameter's or an activation's node belongs to; None where the layer does not show it."""
        if node not in self._above:
            return None
        return "operation" if self._root(node) in self._mixed() else "feed_forward"

    @property
    def heads(self) -> frozenset[int]:
        """The weights whose outputs an attention multiplies; empty where one of its factors comes of several."""
        if not self.attends or any(len(one) > 1 for one in self.attended):
            return frozenset()
        return frozenset(node for one in self.attended for node in one)

    def _mixed(self) -> set[int]:
        """Branches in which positions meet, those that only feed one and those that only come of one."""
        found = {self._root(node) for node in self.mixing}
        edges = {(self._root(a), self._root(b)) for a, b in self.sums}
        forward, backward = set(found), set(found)
        for _ in range(len(edges)):
            forward |= {b for a, b in edges if a in forward}
            backward |= {a for a, b in edges if b in backward}
        return forward | backward

    def _root(self, node: int) -> int:
        above = self._above.setdefault(node, node)
        while above != self._above[above]:
            above = self._above[above]
        return above

    def join(self, nodes: list[int]) -> None:
        """Put nodes into one branch."""
        roots = [self._root(node) for node in nodes]
        for root in roots[1:]:
            self._above[root] = roots[0]

    def __contains__(self, node: int) -> bool:
        return node in self._above

    def branches_off(self, node: int) -> bool:
        """Whether a node is of a branch, and not of the stream."""
        return node in self._above and node not in self.returned


def layer_flow(passage: Passage, start: int, stop: int) -> Flow:
    """Follow the tensors of a layer through operations ``start`` to ``stop``.

    What was there before is the stream, a mask or another table; sums with it are the stream again.
    """
    flow = Flow()
    weights = set(passage.parameters)
    sources: dict[int, set[int]] = {node: {node} for node in weights}
    tokens = passage.shape
    for operation in passage.operations[start:stop]:
        _trace_picked(flow, operation, tokens)
        fixed = [p for p in operation.inputs if p.node in weights]
        moving = [p for p in operation.inputs if p.node not in weights]
        if fixed and not moving:
            for made in operation.outputs:
                weights.add(made.node)
                sources.setdefault(made.node, set()).update(*(sources[p.node] for p in fixed))
            continue
        _follow(flow, operation, fixed, moving, tokens, sources)
    return flow


def _follow(
    flow: Flow,
    operation: Operation,
    fixed: list[Passed],
    moving: list[Passed],
    tokens: tuple[int, int],
    sources: dict[int, set[int]],
) -> None:
    branches = [p.node for p in moving if flow.branches_off(p.node)]
    made = [p.node for p in operation.outputs]
    heavy = [node for p in fixed if _is_matrix(p) for node in sources[p.node]]
    mixes = _mixes(operation, fixed, moving, tokens)
    if not (branches or heavy or mixes):
        return
    _trace_origins(flow, operation, heavy, moving, tokens, mixes=mixes)
    on_stream = any(
        not flow.branches_off(p.node) and p.real and p.shape == out.shape for p in moving for out in operation.outputs
    )
    if operation.name in _SUMS and not heavy and not mixes:
        if on_stream:
            flow.returned |= {node for node in made if node in flow}
            return
        fresh = [node for node in made if node not in flow]
        flow.join(fresh or made)
        flow.sums |= {(branch, node) for branch in branches for node in made}
        return
    flow.join([*branches, *heavy, *made])
    if mixes and made:
        flow.mixing.add(made[0])


def _trace_picked(flow: Flow, operation: Operation, tokens: tuple[int, int]) -> None:
    """Follow rows that were taken out of the tokens, until they are put back."""
    made = {p.node for p in operation.outputs}
    if operation.name in _PUTS or not operation.inputs:
        flow.picked -= made
        return
    first = operation.inputs[0]
    # a table of positions is indexed as well: tokens have room for all of the batch
    takes = (
        operation.name in _PICKS
        and first.real
        and len(first.shape) >= 2
        and tokens[0] * tokens[1]
        in (
            first.shape[0],
            first.shape[0] * first.shape[1],
        )
    )
    if takes or any(p.node in flow.picked for p in operation.inputs):
        flow.picked |= made


def _trace_origins(
    flow: Flow, operation: Operation, heavy: list[int], moving: list[Passed], tokens: tuple[int, int], *, mixes: bool
) -> None:
    known = [flow.origins.get(p.node, frozenset[int]()) for p in moving]
    inside = operation.name.removeprefix("aten._")
    flow.attends |= "attention" in operation.name or (
        inside == "softmax" and bool(moving) and moving[0].shape[-1] == tokens[1]
    )
    if mixes:
        flow.attended += [origin for origin in known if origin]
    made = frozenset(heavy) if heavy else frozenset[int]() if mixes else frozenset[int]().union(*known)
    for passed in operation.outputs:
        flow.origins[passed.node] = made


def _is_matrix(passed: Passed) -> bool:
    return sum(size > 1 for size in passed.shape) >= 2


def _mixes(operation: Operation, fixed: list[Passed], moving: list[Passed], tokens: tuple[int, int]) -> bool:
    """Whether an operation brings positions together."""
    name = operation.name
    real = [p for p in moving if p.real]
    if name in _PRODUCTS:
        # products of two matrices a token, as in the sum over its experts, stay at their position
        apart = name == "aten.bmm" and real and real[0].shape[0] % (tokens[0] * tokens[1]) == 0
        return not any(_is_matrix(p) for p in fixed) and len(real) >= 2 and not apart
    if name == "aten.convolution":
        kernel = next((p for p in fixed if len(p.shape) >= 3), None)
        return kernel is not None and any(size > 1 for size in kernel.shape[2:])
    if name in _SCANS:
        # counts of tokens, one an expert, are added up in routers
        return any(len(p.shape) >= 2 for p in real)
    if name.startswith("aten._fft") or "attention" in name or "scan" in name:
        return True
    short = name.removeprefix("aten.").removeprefix("_")
    return short.startswith(_RECURRENT) or short in ("cudnn_rnn", "thnn_fused_lstm_cell", "mkldnn_rnn_layer")
