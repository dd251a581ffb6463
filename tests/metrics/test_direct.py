"""Coded metrics of models that people write, against a direct computation in plain PyTorch; each stays as it was."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from lpzero.metrics import METRICS, get_metric
from lpzero.operands.batch import Batch, random_batch
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap

WORDS, WIDTH, TOKENS = 13, 8, 6
PASSES = [metric.name for metric in METRICS.values() if metric.needs == "pass"]


class Block(nn.Module):
    """Attention and a feed-forward, with the residual stream."""

    def __init__(self, fused: bool = False) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.up, self.act, self.down = nn.Linear(WIDTH, 12), nn.GELU(), nn.Linear(12, WIDTH)
        self.norm, self.fused = nn.LayerNorm(WIDTH), fused

    def forward(self, x: Tensor) -> Tensor:
        """The stream behind the block."""
        q, k, v = self.query(x), self.key(x), self.value(x)
        if self.fused:
            x = x + functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mask = torch.full((x.shape[1], x.shape[1]), -torch.inf).triu(1)
            x = x + (q @ k.mT / WIDTH**0.5 + mask).softmax(-1) @ v
        return x + self.down(self.act(self.up(self.norm(x))))


class Experts(Block):
    """Each token goes to one of three experts, which have one non-linearity."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(WIDTH, 3)
        self.experts = nn.ParameterList(nn.Parameter(torch.randn(WIDTH, 12) / 3) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """The stream behind the block."""
        rows = self.query(x).reshape(-1, WIDTH)
        chosen = self.router(rows).argmax(-1)
        out = torch.zeros(len(rows), WIDTH)
        for index, up in enumerate(self.experts):
            here = (chosen == index).nonzero().squeeze(1)
            if len(here):
                out = out.index_add(0, here, self.down(self.act(rows[here] @ up)))
        return x + out.reshape(x.shape)


class Chunked(Block):
    """The feed-forward sees four tokens at a time, and writes its scale in place."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream behind the block."""
        x = x + self.query(x).cumsum(1)
        parts = [self.down(self.act(self.up(part)).mul_(2)) for part in x.split(4, dim=1)]
        return x + torch.cat(parts, dim=1)


class Flattened(Block):
    """The feed-forward sees tokens first, then sequences."""

    def forward(self, x: Tensor) -> Tensor:
        """The stream behind the block."""
        x = x + self.query(x).cumsum(1)
        return x + self.down(self.act(self.up(x.transpose(0, 1).contiguous()))).transpose(0, 1)


class Model(nn.Module):
    """Blocks between an embedding and an output."""

    def __init__(self, blocks: list[nn.Module], *, tied: bool = False, sparse: bool = False) -> None:
        super().__init__()
        self.words, self.blocks = nn.Embedding(WORDS, WIDTH, sparse=sparse), nn.ModuleList(blocks)
        self.out = nn.Linear(WIDTH, WORDS, bias=False)
        if tied:
            self.out.weight = self.words.weight

    def applied(self, block: nn.Module, x: Tensor) -> Tensor:
        """What a block makes of the stream."""
        return block(x)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits."""
        x = self.words(ids)
        for block in self.blocks:
            x = self.applied(block, x)
        return self.out(x)


class Recomputed(Model):
    """Blocks behind checkpoints."""

    reentrant = True

    def applied(self, block: nn.Module, x: Tensor) -> Tensor:
        """Within a checkpoint."""
        return checkpoint(block, x, use_reentrant=self.reentrant)


class RecomputedOtherwise(Recomputed):
    """Blocks behind checkpoints of the other kind."""

    reentrant = False


def shared() -> Model:
    return Model([Block()] * 3)


def frozen() -> Model:
    model = Model([Block(), Block()], tied=True)
    for parameter in model.blocks[0].parameters():
        parameter.requires_grad_(False)
    return model


MODELS: dict[str, Callable[[], Model]] = {
    "plain": lambda: Model([Block(), Block()]),
    "fused attention": lambda: Model([Block(fused=True), Block(fused=True)]),
    "reentrant checkpoint": lambda: Recomputed([Block(), Block()]),
    "checkpoint": lambda: RecomputedOtherwise([Block(), Block()]),
    "one block three times": shared,
    "tied and frozen": frozen,
    "sparse gradients": lambda: Model([Block(), Block()], sparse=True),
    "experts": lambda: Model([Experts(), Experts()]),
    "chunks": lambda: Model([Chunked(), Chunked()]),
    "tokens first": lambda: Model([Flattened(), Flattened()]),
}


def sites(model: Model) -> SiteMap:
    """Matrices of the blocks, and the non-linearity of each."""
    blocks = {id(block): (i, block) for i, block in reversed(list(enumerate(model.blocks)))}.values()
    parameters = [ParameterSite(0, "words", "embedding", "model.words.weight")]
    for i, block in sorted(blocks, key=lambda pair: pair[0]):
        for name, parameter in block.named_parameters():
            if parameter.ndim == 2:
                group = "operation" if name.startswith(("query", "key", "value")) else "feed_forward"
                parameters.append(ParameterSite(i + 1, name, group, f"model.blocks.{i}.{name}"))
    outputs = tuple(
        OutputSite("activation", i + 1, "act", f"model.blocks.{i}.act")
        for i, _ in sorted(blocks, key=lambda pair: pair[0])
    )
    return SiteMap(len(model.blocks), tuple(parameters), outputs, "model.words")


class Direct:
    """A pass of a copy in double precision, by hand."""

    def __init__(self, model: Model, batch: Batch) -> None:
        plain = copy.deepcopy(model)
        plain.__class__ = Model
        plain.words.sparse = False
        for block in plain.blocks:
            block.fused = False
        plain.double().eval().requires_grad_(True)
        self.activations: list[Tensor] = []
        embedded: list[Tensor] = []
        acts = {id(block.act): block.act for block in plain.blocks}
        for act in acts.values():
            act.register_forward_hook(lambda _m, _a, output: self.activations.append(output))
        plain.words.register_forward_hook(lambda _m, _a, output: embedded.append(output))
        torch.set_default_dtype(torch.float64)
        try:
            logits = plain(batch.input_ids)[:, :-1]
        finally:
            torch.set_default_dtype(torch.float32)
        self.loss = functional.cross_entropy(logits.flatten(0, 1), batch.labels[:, 1:].flatten())
        self.embedded, self.model = embedded[0], plain
        blocks = list({id(block): block for block in plain.blocks}.values())
        self.matrices = [p for block in blocks for p in block.parameters() if p.ndim == 2]
        self.operations = [m.weight for block in blocks for m in (block.query, block.key, block.value)]

    def grads(self, by: list[Tensor], **how: Any) -> list[Tensor]:
        """Gradients of the loss."""
        found = torch.autograd.grad(self.loss, by, retain_graph=True, allow_unused=True, **how)
        return [torch.zeros_like(b) if f is None else f for b, f in zip(by, found, strict=True)]


@pytest.fixture
def words() -> Batch:
    return random_batch(WORDS, "causal", np.random.default_rng(0), batch=2, tokens=TOKENS)


def made(name: str) -> Model:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return MODELS[name]()


def scored(metric: str, model: Model, batch: Batch) -> float:
    # the loss of a foreign model is computed in single precision
    return get_metric(metric).score_pass(Answering(model, "causal"), sites(model), batch)


@pytest.mark.parametrize("name", MODELS)
def test_the_jacobian(name: str, words: Batch) -> None:
    model = made(name)
    direct = Direct(model, words)
    (gradient,) = direct.grads([direct.embedded])
    columns = gradient.reshape(-1, WIDTH).numpy()
    cosines = columns.T @ columns / np.outer(*[np.linalg.norm(columns, axis=0)] * 2)
    between = np.abs(cosines[~np.eye(WIDTH, dtype=bool)]) ** (1 / 20)
    assert scored("jacobian_cosine", model, words) == pytest.approx(
        1 - between.sum() / 2 / (WIDTH**2 - WIDTH), rel=1e-4
    )
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(columns.T))
    terms = np.log(eigenvalues + 1e-5) + 1 / (eigenvalues + 1e-5)
    assert scored("jacobian_score", model, words) == pytest.approx(-terms.sum(), rel=1e-3)


@pytest.mark.parametrize("name", MODELS)
def test_grasp(name: str, words: Batch) -> None:
    model = made(name)
    direct = Direct(model, words)
    by = [direct.model.words.weight, *direct.matrices]
    grads = direct.grads(by, create_graph=True)
    aligned = sum((g.detach() * g).sum() for g in grads)
    products = torch.autograd.grad(aligned, by, allow_unused=True)
    wanted = -sum(float((w * p).sum().detach()) for w, p in zip(by, products, strict=True) if p is not None)
    assert scored("grasp", model, words) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_synaptic_diversity(name: str, words: Batch) -> None:
    model = made(name)
    direct = Direct(model, words)
    grads = direct.grads(direct.operations)
    pairs = zip((weight.detach() for weight in direct.operations), grads, strict=True)
    wanted = sum(float(torch.linalg.matrix_norm(w, "nuc") * torch.linalg.matrix_norm(g, "nuc")) for w, g in pairs)
    assert scored("synaptic_diversity", model, words) == pytest.approx(wanted, rel=1e-4)


def rows(name: str, direct: Direct, tensors: list[Tensor], chosen: list[Tensor]) -> list[list[Tensor]]:
    """Each activation's rows, (tokens, width), sequence by sequence."""
    if name == "experts":
        # a call for every expert that has tokens: which, the router says
        apart, left = [], list(tensors)
        for choice in chosen:
            order = [torch.nonzero(choice == e).squeeze(1) for e in range(3) if (choice == e).any()]
            joined = torch.cat([left.pop(0) for _ in order])
            sequence = torch.cat(order) // TOKENS
            apart.append([joined[sequence == s] for s in range(2)])
        return apart
    if name == "chunks":
        return [list(torch.cat(tensors[i : i + 2], dim=1)) for i in range(0, len(tensors), 2)]
    if name == "tokens first":
        return [list(tensor.transpose(0, 1)) for tensor in tensors]
    return [list(tensor) for tensor in tensors]


@pytest.mark.parametrize("name", MODELS)
def test_fisher_and_activation_distance(name: str, words: Batch) -> None:
    model = made(name)
    chosen: list[Tensor] = []
    if name == "experts":
        copied = copy.deepcopy(model)
        for block in copied.blocks:
            block.router.register_forward_hook(lambda _m, _a, output: chosen.append(output.argmax(-1)))
        copied(words.input_ids)
    direct = Direct(model, words)
    grads = direct.grads(direct.activations)
    products = [a.detach() * g for a, g in zip(direct.activations, grads, strict=True)]
    fisher = 0.0
    for activation in rows(name, direct, products, chosen):
        sums = torch.stack([sequence.sum(0) for sequence in activation])
        fisher += float(sums.square().mean(0).sum()) / 2
    assert scored("fisher", model, words) == pytest.approx(fisher, rel=1e-4)
    distance = 0.0
    for activation in rows(name, direct, direct.activations, chosen):
        active = (activation[0] > 0).double()
        distance += float((active @ active.T + (1 - active) @ (1 - active).T).sum())
    assert scored("activation_distance", model, words) == distance


class Stated(nn.Module):
    """Shows hidden states beside the loss, as synaptic flow needs them."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, labels: Tensor, output_hidden_states: bool = False) -> Any:
        """An output with the stream behind the last block."""
        kept: list[Tensor] = []
        handle = self.model.out.register_forward_hook(lambda _m, args, _o: kept.append(args[0]))
        try:
            output = Answering(self.model, "causal")(input_ids, labels)
        finally:
            handle.remove()
        return type("Output", (), {"loss": output.loss, "hidden_states": tuple(kept)})()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("metric", PASSES)
def test_the_model_is_left_bit_for_bit_as_it_was(name: str, metric: str, words: Batch) -> None:
    model = made(name).train()
    places = {(id(p), p.data_ptr(), p.dtype, p.requires_grad, p.is_leaf) for p in model.parameters()}
    numbers = {key: tensor.clone() for key, tensor in model.state_dict(keep_vars=False).items()}
    held = [(id(module), {key: id(value) for key, value in vars(module).items()}) for module in model.modules()]
    get_metric(metric).score_pass(Stated(model), sites(model), words)
    assert {(id(p), p.data_ptr(), p.dtype, p.requires_grad, p.is_leaf) for p in model.parameters()} == places
    assert all(torch.equal(tensor, numbers[key]) for key, tensor in model.state_dict().items())
    assert [(id(m), {k: id(v) for k, v in vars(m).items()}) for m in model.modules()] == held
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_pass_that_fails_half_way_leaves_the_model_as_it_was(words: Batch) -> None:
    model = made("one block three times")
    before = {key: (tensor.data_ptr(), tensor.dtype, tensor.clone()) for key, tensor in model.state_dict().items()}
    calls = []

    def fail(*_: Any) -> None:
        calls.append(1)
        if len(calls) % 3 == 2:
            raise ZeroDivisionError

    handle = model.blocks[0].register_forward_hook(fail)
    for metric in PASSES:
        with pytest.raises(ZeroDivisionError):
            get_metric(metric).score_pass(Stated(model), sites(model), words)
        calls.clear()
    handle.remove()
    for key, tensor in model.state_dict().items():
        place, dtype, numbers = before[key]
        assert (tensor.data_ptr(), tensor.dtype) == (place, dtype)
        assert torch.equal(tensor, numbers)
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_compiled_model_scores_as_the_one_that_was_compiled(words: Batch) -> None:
    model = made("plain")
    compiled = torch.compile(model)
    wanted = [scored(metric, model, words) for metric in ("fisher", "jacobian_cosine", "grasp")]
    site_map = sites(model)
    assert [
        get_metric(metric).score_pass(Answering(compiled, "causal"), _behind(site_map), words)
        for metric in ("fisher", "jacobian_cosine", "grasp")
    ] == wanted


def _behind(site_map: SiteMap) -> SiteMap:
    """The same sites within what compiles the model."""

    def moved(name: str) -> str:
        return name.replace("model.", "model._orig_mod.", 1)

    return SiteMap(
        site_map.depth,
        tuple(replace(site, parameter=moved(site.parameter)) for site in site_map.parameters),
        tuple(replace(site, module=moved(site.module)) for site in site_map.outputs),
        moved(site_map.embedding),
    )
