"""Fixtures for every test."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lpzero.engines import Engine, open_engine
from lpzero.operands.batch import Batch, random_batch
from lpzero.plugins import _installed
from lpzero.spaces import get_space
from lpzero.spaces.models.output import ModelOutput
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord
from lpzero.training.draw import draw
from tests.llm.server import Server


@pytest.fixture(scope="session", autouse=True)
def _hears_ctrl_c() -> Iterator[None]:
    """A shell that starts the tests in its background makes them, and the commands that they start, deaf to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the published tables, in the upstream layout."""
    chosen = os.environ.get("LPZERO_DATA")
    checkout = Path(__file__).resolve().parents[1]
    folder = Path(chosen).expanduser() if chosen else checkout.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no data in {folder}: run `lpzero tables fetch NAME`, and set LPZERO_DATA to its folder")
    return folder


Install = Callable[..., None]


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package with entry points on the path, as an installation does."""
    folder = tmp_path_factory.mktemp("site-packages")
    monkeypatch.syspath_prepend(str(folder))
    packages = []

    def put(package: str, code: str, entries: Mapping[str, Mapping[str, str]], version: str = "1.0") -> None:
        """One module with the code of a package, and its entry points by group, without what all groups begin with."""
        packages.append(package)
        (folder / f"{package}.py").write_text(code)
        about = folder / f"{package}-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        lines = []
        for group, values in entries.items():
            lines += [f"[lpzero.{group}]", *(f"{name} = {package}:{value}" for name, value in values.items())]
        (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
        # what is installed is looked up once for a path
        _installed.cache_clear()

    yield put
    for package in packages:
        sys.modules.pop(package, None)


@pytest.fixture(scope="session")
def processes() -> Iterator[Engine]:
    """Two worker processes, for all tests that need some."""
    with open_engine("process", 2) as engine:
        yield engine


@pytest.fixture
def llm_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that answers like a language model's, as its ``does`` says."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        yield server


class TinyModel(nn.Module):
    """A pre-norm decoder of two blocks, 8 wide, 13 tokens, that names its own sites; float32."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(13, 8)
        self.blocks = nn.ModuleList(TinyBlock() for _ in range(2))
        self.final = nn.LayerNorm(8)
        self.out = nn.Linear(8, 13)

    def forward(
        self,
        input_ids: torch.Tensor,
        labels: torch.Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Causal loss."""
        x = self.words(input_ids)
        hidden, attentions = [x], []
        for block in self.blocks:
            x, probabilities = block(x)
            hidden.append(x)
            attentions.append(probabilities)
        logits = self.out(self.final(x))[:, :-1]
        loss = nn.functional.cross_entropy(logits.reshape(-1, 13), labels[:, 1:].reshape(-1))
        return ModelOutput(loss, tuple(hidden), tuple(attentions))

    def site_map(self) -> SiteMap:
        """Every linear weight and the embedding."""
        parameters = [ParameterSite(0, "words", "embedding", "words.weight")]
        outputs = []
        for i in range(2):
            for role in ("query", "key", "value"):
                parameters.append(ParameterSite(i + 1, role, "operation", f"blocks.{i}.{role}.weight"))
                outputs.append(OutputSite("head", i + 1, role, f"blocks.{i}.{role}"))
            parameters += [
                ParameterSite(i + 1, role, "feed_forward", f"blocks.{i}.{role}.weight") for role in ("up", "down")
            ]
            outputs.append(OutputSite("activation", i + 1, "act", f"blocks.{i}.act"))
        parameters.append(ParameterSite(3, "out", "output", "out.weight"))
        return SiteMap(2, tuple(parameters), tuple(outputs), "words")


class TinyBlock(nn.Module):
    """One-head attention and a feed-forward."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.up, self.act, self.down = nn.Linear(8, 12), nn.GELU(), nn.Linear(12, 8)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The stream behind the block, and the attention probabilities (batch, 1, tokens, tokens)."""
        scores = self.query(x) @ self.key(x).transpose(-1, -2) / 8**0.5
        mask = torch.full(scores.shape[-2:], -torch.inf).triu(1)
        probabilities = (scores + mask).softmax(-1)
        x = x + self.drop(probabilities @ self.value(x))
        return x + self.down(self.act(self.up(x))), probabilities.unsqueeze(1)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    # more threads than cores slow a parallel test run down several times
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    # what a test draws without a generator is the same whichever tests ran before it
    torch.manual_seed(0)


@pytest.fixture
def tiny() -> TinyModel:
    """A tiny model with seeded weights, in training mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TinyModel().train()


@pytest.fixture
def tokens() -> Batch:
    """Five sequences of seven tokens for the tiny model."""
    return random_batch(13, "causal", np.random.default_rng(0), batch=5, tokens=7)


def _trained(
    number: int, repeated: int = 0, failed: Collection[int] = (), noise: float = 0.01
) -> tuple[Recipe, tuple[TrainedRecord, ...]]:
    """A recipe, and trainings of FlexiBERT architectures by it with made-up losses that fall with their size."""
    hashes = dict.fromkeys(("tokenizer_sha256", "train_sha256", "validation_sha256"), "0" * 64)
    recipe = Recipe(
        space="flexibert",
        protocol="own",
        objective="masked",
        tokens="bytes",
        vocabulary=257,
        **hashes,
        unigram_entropy=3.2,
        seed=0,
        steps=100,
        batch=4,
        length=8,
        learning_rate=1e-3,
        warm_up=10,
        betas=(0.9, 0.999),
        weight_decay=0.01,
        clip=1.0,
        mask_share=0.3,
        points=(10, 50, 100),
        validation_sequences=8,
        dtype="float32",
        device="cpu",
    )
    space, rng = get_space("flexibert", "own"), np.random.default_rng(0)
    drawn = draw(space, number, rng)
    order = [(i, 0) for i in range(number)] + [(i, 1) for i in range(repeated)]
    records = []
    for index, seed in order:
        counts = space.parameter_counts(drawn[index])
        loss = round(4.0 - 0.15 * float(np.log(counts["total"])) + float(rng.normal(0, noise)), 6)
        gone = index in failed
        records.append(
            TrainedRecord(
                id=f"{index:04d}",
                architecture=drawn[index].to_json(),
                seed=seed,
                status="diverged" if gone else "ok",
                reason="loss nan" if gone else "",
                loss=None if gone else loss,
                curve=((10, loss + 1),) if gone else ((10, loss + 1), (50, loss + 0.2), (100, loss)),
                steps=10 if gone else 100,
                tokens=320 if gone else 3200,
                parameters=counts,
                seconds=1.5,
                recipe=recipe.digest,
            )
        )
    return recipe, tuple(records)


SPACE_FILE = """\
name = "tiny"
model_type = "gpt2"
constraints = ["n_embd % n_head == 0"]

[fixed]
vocab_size = 13
n_positions = 16
bos_token_id = 0
eos_token_id = 0

[choices]
n_layer = [1, 2]
n_embd = [8, 12]
n_head = [1, 2, 4]
"""


@pytest.fixture
def space_file(tmp_path: Path) -> Path:
    """The file of a space of twelve small GPT-2s, in a folder of its own."""
    path = tmp_path / "spaces" / "space.toml"
    path.parent.mkdir()
    path.write_text(SPACE_FILE)
    return path


@pytest.fixture
def trained() -> Callable[..., tuple[Recipe, tuple[TrainedRecord, ...]]]:
    """Makes a recipe and trainings by it, quickly."""
    return _trained


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real headless Chromium, driven by playwright; skips where one of them is not there."""
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: python -m pip install playwright")
    path = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
