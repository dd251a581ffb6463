"""Spaces of transformers configurations: the seven families of the examples, and what constraints do to a space."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.engines import Serial
from lpzero.errors import InputError, NoResultError
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.score import ScoreStatus, score_architectures
from lpzero.spaces import Architecture
from lpzero.spaces.toml import space as config_space
from lpzero.spaces.toml.file import read_space
from lpzero.spaces.toml.space import ConfigSpace, seen_fields

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "spaces"
FAMILIES = ("gpt2", "llama", "mistral", "qwen2", "bert", "electra", "modernbert")

TINY = """
name = "tiny"
model_type = "gpt2"
constraints = [CONSTRAINTS]
[fixed]
vocab_size = 13
n_positions = 16
bos_token_id = 0
eos_token_id = 0
[choices]
n_layer = [1, 2]
n_embd = [12, 8, 16]
n_head = [1, 2, 3, 4]
"""


def example(family: str) -> ConfigSpace:
    """One of the examples."""
    return read_space(EXAMPLES / f"{family}.toml")


def tiny(folder: Path, *constraints: str, heads: str = "[1, 2, 3, 4]") -> ConfigSpace:
    """A small space with constraints; without any, the model class refuses some of its architectures."""
    path = folder / "tiny.toml"
    text = TINY.replace("CONSTRAINTS", ", ".join(f'"{text}"' for text in constraints))
    path.write_text(text.replace("[1, 2, 3, 4]", heads))
    return read_space(path)


def test_there_is_an_example_of_every_family() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_drawn_built_and_scored(family: str) -> None:
    space = example(family)
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(2)]
    probe = Probe(seed=0, batch=2, tokens=16)
    proxy = load_proxy("sum(l1(weight * grad))")
    rows = score_architectures(space, drawn, [proxy], probe, engine=Serial(), progress=lambda done, todo: None)
    assert [row[0].status for row in rows] == [ScoreStatus.OK] * 2
    assert all(row[0].value is not None and row[0].value > 0 for row in rows)
    for architecture in drawn:
        model = space.build(architecture, 0)
        counts = space.parameter_counts(architecture)
        assert counts["total"] == sum(parameter.numel() for parameter in model.parameters())
        assert counts["nonembedding"] >= counts["attention"] + counts["feed_forward"]
        assert model.model.config.hidden_size == space.width(architecture)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_is_that_of_the_logits(family: str) -> None:
    space = example(family)
    model = space.build(space.sample(np.random.default_rng(1)), 0)
    ids = torch.from_numpy(np.random.default_rng(2).integers(1, space.vocabulary, size=(2, 9)))
    with torch.no_grad():
        logits, labels = model.logits(ids), ids
        loss = model(ids, ids).loss
    if space.objective == "causal":
        logits, labels = logits[:, :-1], labels[:, 1:]
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten()))


@pytest.mark.parametrize("family", FAMILIES)
def test_what_stands_in_the_blocks_is_told_by_its_shapes(family: str) -> None:
    # norms in brackets; vectors of the width w unless said otherwise
    space = example(family)
    for seed in range(3):
        architecture = space.sample(np.random.default_rng(seed))
        config, depth = space.config(architecture), architecture.depth
        w, inner, vocabulary = config.hidden_size, getattr(config, "intermediate_size", 0), space.vocabulary
        positions = space.max_tokens
        counts = space.parameter_counts(architecture)
        if family == "gpt2":
            inner = config.n_inner
        if family in ("gpt2", "bert", "electra"):
            attention, feed_forward = 4 * w * w + 4 * w, 2 * w * inner + inner + w
        elif family == "modernbert":
            attention, feed_forward = 4 * w * w, 3 * w * inner
        else:
            keys = 2 * config.num_key_value_heads * (w // config.num_attention_heads)
            biases = (w + keys) if family == "qwen2" else 0
            attention, feed_forward = 2 * w * w + w * keys + biases, 3 * w * inner
        assert counts["attention"] == depth * attention
        assert counts["feed_forward"] == depth * feed_forward
        embedding, norms = {
            # tables; [two norms a block and a final one]
            "gpt2": ((vocabulary + positions) * w, (4 * depth + 2) * w),
            "llama": (vocabulary * w, (2 * depth + 1) * w),
            "mistral": (vocabulary * w, (2 * depth + 1) * w),
            "qwen2": (vocabulary * w, (2 * depth + 1) * w),
            # tables of words, positions and one kind of segment, with their norm; [two norms a block]
            "bert": ((vocabulary + positions + 1) * w + 2 * w, 4 * depth * w),
            "electra": (0, 4 * depth * w),
            # norms without biases: the table's; [two a block but for one in the first, and a final one]
            "modernbert": (vocabulary * w + w, 2 * depth * w),
        }[family]
        if family == "electra":
            e = config.embedding_size
            projection = 0 if e == w else e * w + w
            embedding = (vocabulary + positions + 1) * e + 2 * e + projection
        assert counts["embedding"] == embedding
        assert counts["nonembedding"] == depth * (attention + feed_forward) + norms


@pytest.mark.parametrize("tokens", [2, 33])
def test_the_operations_of_a_decoder_are_those_of_its_matrix_products(tokens: int) -> None:
    for family in ("gpt2", "llama"):
        space = example(family)
        architecture = space.sample(np.random.default_rng(tokens))
        config = space.config(architecture)
        w, heads = config.hidden_size, config.num_attention_heads
        weights = 4 * w * w + 2 * w * architecture["n_inner"] if family == "gpt2" else 0
        if family == "llama":
            keys = 2 * config.num_key_value_heads * (w // heads)
            weights = 2 * w * w + w * keys + 3 * w * config.intermediate_size
        attention = 2 * tokens * w
        wanted = 2 * tokens * (architecture.depth * (weights + attention) + w * space.vocabulary)
        assert space.flops(architecture, tokens) == wanted


def test_a_value_of_each_layer_reaches_its_layer() -> None:
    for family in ("qwen2", "modernbert"):
        space = example(family)
        architecture = next(
            drawn
            for drawn in (space.sample(np.random.default_rng(seed)) for seed in range(99))
            if len({layer["layer_types"] for layer in map(drawn.layer, range(drawn.depth))}) == 2
        )
        wanted = [architecture.layer(i)["layer_types"] for i in range(architecture.depth)]
        assert space.config(architecture).layer_types == wanted
        plain = Architecture.of(space.name, dict(architecture.whole), [{"layer_types": wanted[0]}] * len(wanted))
        ids = torch.arange(1, 65).unsqueeze(0)
        with torch.no_grad():
            assert not torch.equal(space.build(plain, 0).logits(ids), space.build(architecture, 0).logits(ids))


def test_a_space_travels_to_a_worker() -> None:
    space = example("qwen2")
    assert pickle.loads(pickle.dumps(space)) == space  # noqa: S301  (what the test has just written)


def test_a_model_can_be_saved_by_transformers(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    space = example("gpt2")
    model = space.build(space.sample(np.random.default_rng(0)), 0)
    model.model.save_pretrained(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in model.model.state_dict().items())


def test_models_that_are_built_alike_share_their_key(tmp_path: Path) -> None:
    space, other = tiny(tmp_path, "n_embd % n_head == 0"), tiny(tmp_path, "n_embd % n_head < 1")
    assert space.protocol != other.protocol
    architecture = space.sample(np.random.default_rng(0))
    assert space.model_key(architecture) == other.model_key(architecture)
    assert space.model_key(space.mutate(architecture, np.random.default_rng(1))) != space.model_key(architecture)


def test_only_what_keeps_the_constraints_is_in_the_space(tmp_path: Path) -> None:
    space = tiny(tmp_path, "n_embd % n_head == 0", "n_layer == 1 or n_embd < 16")
    every = product((1, 2), (8, 12, 16), (1, 2, 3, 4))
    inside = {(d, w, h) for d, w, h in every if w % h == 0 and (d == 1 or w < 16)}
    assert space.size == len(inside)
    assert {(cell.depth, (12, 8, 16)[cell.width]) for cell in space.cells} == {(d, w) for d, w, _ in inside}
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(300)]
    assert {(a.depth, a["n_embd"], a["n_head"]) for a in drawn} == inside
    changed = [space.mutate(a, rng) for a in drawn]
    children = [space.crossover(a, b, rng) for a, b in pairwise(drawn)]
    assert {(a.depth, a["n_embd"], a["n_head"]) for a in changed + children} <= inside
    for cell in space.cells:
        assert space.sample(rng, cell).depth == cell.depth
    with pytest.raises(InputError, match="architecture: expected n_embd % n_head == 0, found n_embd 8, n_head 3"):
        space.validate(Architecture.of("tiny", {"n_embd": 8, "n_head": 3}, [{}]))
    for call in (space.config, space.blank, space.width, space.parameter_counts, space.model_key):
        with pytest.raises(InputError, match="architecture: expected n_embd % n_head == 0"):
            call(Architecture.of("tiny", {"n_embd": 8, "n_head": 3}, [{}]))


def test_a_mutation_changes_one_choice_wherever_that_is_possible(tmp_path: Path) -> None:
    free = tiny(tmp_path, "n_embd % n_head == 0")
    rng = np.random.default_rng(0)
    for _ in range(50):
        architecture = free.sample(rng)
        mutant = free.mutate(architecture, rng)
        differ = [one != other for one, other in zip(architecture.whole, mutant.whole, strict=True)]
        assert sum(differ) + (architecture.depth != mutant.depth) == 1
    tied = tiny(tmp_path, "n_embd == 4 * n_head", "n_layer == 1 + n_head % 2", heads="[2, 3, 4]")
    assert tied.size == 3
    architecture = tied.sample(rng)
    assert tied.mutate(architecture, rng) != architecture


def test_constraints_that_hardly_ever_hold_end_the_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = tiny(tmp_path, "n_embd == 4 * n_head", heads="[2, 3, 4]")
    monkeypatch.setattr(config_space, "TRIES", 1)
    drawn = ((seed, space.choices.sample(np.random.default_rng(seed))) for seed in range(20))
    seed = next(seed for seed, other in drawn if other["n_embd"] != 4 * int(other["n_head"]))
    with pytest.raises(NoResultError, match=r"tiny\.toml: constraints: 'n_embd == 4 \* n_head' did not hold in 1 of 1"):
        space.sample(np.random.default_rng(seed))


def test_what_only_a_combination_makes_wrong_is_said_when_it_is_built(tmp_path: Path) -> None:
    space = tiny(tmp_path)
    assert space.size == 24
    wrong = Architecture.of("tiny", {"n_embd": 8, "n_head": 3}, [{}])
    space.validate(wrong)
    with pytest.raises(
        InputError, match=r"tiny\.toml: n_layer = 1, n_embd = 8, n_head = 3: gpt2 refuses it: "
    ) as caught:
        space.build(wrong, 0)
    assert "\n" not in str(caught.value)


def test_a_model_that_does_not_fit_in_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lpzero.spaces.models import weights

    space = tiny(tmp_path, "n_embd % n_head == 0")
    monkeypatch.setattr(weights, "free_memory", lambda: 1000)
    with pytest.raises(InputError, match=r"a model of [\d,]+ parameters needs"):
        space.build(space.sample(np.random.default_rng(0)), 0)


def test_a_mixture_of_experts_counts_the_experts_that_are_asked(tmp_path: Path) -> None:
    path = tmp_path / "experts.toml"
    path.write_text(
        """
        name = "experts"
        model_type = "mixtral"
        [fixed]
        vocab_size = 13
        max_position_embeddings = 16
        num_hidden_layers = 1
        num_attention_heads = 2
        num_key_value_heads = 2
        num_experts_per_tok = 2
        intermediate_size = 12
        [choices]
        hidden_size = [8, 16]
        num_local_experts = [3, 4]
        """
    )
    space = read_space(path)
    architecture = space.sample(np.random.default_rng(0))
    w, experts, tokens = space.width(architecture), architecture["num_local_experts"], 5
    assert space.parameter_counts(architecture)["feed_forward"] == math.prod((3, w, 12, experts)) + w * experts
    weights = 4 * w * w + 2 * 3 * w * 12 + w * experts + w * 13
    assert space.flops(architecture, tokens) == 2 * tokens * (weights + 2 * tokens * w)


def test_the_names_of_its_fields_are_known(space_file: Path) -> None:
    space = read_space(space_file)
    shared = {"num_hidden_layers": "n_layer", "hidden_size": "n_embd", "num_attention_heads": "n_head"}
    own = {name: name for name in ("n_layer", "n_embd", "n_head")}
    assert space.spellings == {**own, **shared}
    assert next(iter(space.spellings)) == "n_layer"
    space_file.write_text(space_file.read_text().replace("n_embd", "hidden_size"))
    assert read_space(space_file).spellings["n_embd"] == "hidden_size"


def test_what_a_model_shows_of_its_configuration(space_file: Path) -> None:
    space = read_space(space_file)
    config = space.config(Architecture.of("tiny", {"n_embd": 12, "n_head": 2}, [{}]))
    config.architectures = ["GPT2LMHeadModel"]
    found = seen_fields(config)
    assert (found["n_embd"], found["n_layer"], found["vocab_size"]) == (12, 1, 13)
    assert not {"architectures", "transformers_version"} & found.keys()


def test_a_space_keeps_the_text_of_its_file(space_file: Path) -> None:
    space = read_space(space_file)
    assert space.text == space_file.read_text()
    remarked = space_file.with_name("remarked.toml")
    remarked.write_bytes(b"\xef\xbb\xbf# a remark\r\n" + space.text.replace("\n", "\r\n").encode())
    assert read_space(remarked).protocol == space.protocol
