"""A kept predictor is the one that was kept, bit for bit, and nothing else is read as one."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors import Labelled, Regression, Source
from lpzero.predictors.kept.document import PromptedDocument
from lpzero.predictors.prompted import Prompt, Task
from lpzero.predictors.regression import GAUSSIAN_PROCESS, RIDGE
from lpzero.predictors.store import (
    KeptPrompt,
    arrays_path,
    is_kept,
    read_predictor_document,
    restored,
    save,
    space_digest,
)
from lpzero.proxy import load_proxy
from lpzero.spaces import Gpt2, HatMt, get_space
from lpzero.spaces.architecture import digest_of

Drawn = Callable[[int], Any]


@pytest.fixture
def told(source: Source) -> Source:
    return replace(source, groups=("spec", "shape"), proxies=(load_proxy("params"),))


def kept(path: Path, told: Source, labelled: Labelled, kind: str = RIDGE, level: float | None = 0.9) -> Any:
    fitted = Regression(kind, told, level).fit(labelled)
    save(path, fitted, told)
    return fitted


def read(path: Path, told: Source) -> Any:
    return restored(path, read_predictor_document(path), told.space, lambda document, proxies: told)


@pytest.mark.parametrize(("kind", "level"), [(RIDGE, 0.9), (RIDGE, None), (GAUSSIAN_PROCESS, 0.8)])
def test_what_was_kept_says_the_same(
    kind: str, level: float | None, tmp_path: Path, told: Source, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    some = drawn(24)
    quality = 2 + np.random.default_rng(0).random(size=24)
    path = tmp_path / "ridge.json"
    fitted = kept(path, told, labels(some[:16], quality[:16], higher=False, noise=0.01), kind, level)
    again = read(path, told)
    # bit for bit, intervals included
    assert again.predict(some) == fitted.predict(some)
    assert (again.name, again.higher_is_better, again.labelled.noise) == (kind, False, 0.01)
    document = read_predictor_document(path)
    assert (document.features, [proxy.name for proxy in document.proxies]) == (["spec", "shape"], ["params"])
    assert {name.partition(":")[0] for name in document.columns} == {"spec", "shape", "proxy"}


def test_what_could_not_be_described_stays_left_out(
    tmp_path: Path, told: Source, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    some = drawn(6)

    class Holes:
        space = told.space

        def describe(self, architectures: Any) -> Any:
            from lpzero.predictors import Description

            found = told.describe(architectures)
            return [Description(reason="x") if a == some[0] else d for a, d in zip(architectures, found, strict=True)]

    path = tmp_path / "ridge.json"
    save(path, Regression(RIDGE, Holes()).fit(labels(some[:5], np.arange(5.0))), told)
    assert read(path, told).described == 4


def test_a_space_is_told_from_another() -> None:
    digests = {space_digest(get_space(*name)) for name in (("gpt2", "own"), ("gpt2", "lts"), ("flexibert", "own"))}
    assert len(digests) == 3
    # what was fitted before spaces could begin with other layers is read as before
    choices, space = Gpt2("own").choices, Gpt2("own")
    alike = [[[list(c.names), [list(v) for v in c.values]] for c in of] for of in (choices.whole, choices.layer)]
    assert space_digest(space) == digest_of([space.name, space.protocol, *alike, space.vocabulary, space.max_tokens])


def test_the_first_layers_are_a_part_of_what_a_space_declares() -> None:
    class Fewer(HatMt):
        choices = replace(HatMt.choices, front=HatMt.choices.front[:1])

    assert space_digest(HatMt()) != space_digest(Fewer())


def test_what_is_no_predictor_or_damaged_is_refused(
    tmp_path: Path, told: Source, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    path = tmp_path / "ridge.json"
    kept(path, told, labels(drawn(4), np.arange(4.0)))
    good, arrays = json.loads(path.read_text()), arrays_path(path).read_bytes()
    assert json.dumps(good).count("/") < 5

    def refused(message: str, **changed: object) -> None:
        path.write_text(json.dumps({**good, **changed}))
        with pytest.raises(InputError, match=message):
            read(path, told)
        path.write_text(json.dumps(good))

    refused("schema: Input should be 1: fit the predictor again", schema=2)
    refused("labels: Input should be a valid list", labels=3)
    refused("unknown predictor 'forest'", predictor="forest")
    refused("expected the space gpt2, protocol own, as it was when", space_sha256="0")
    refused("is damaged .its checksum is another.", sha256="0")
    refused("is damaged .expected arrays of 3 labels", labels=good["labels"][:3])
    refused("expected a formula or a metric", proxies=[{**good["proxies"][0], "metric": None}])
    refused("ridge.json: labels: architecture: expected an object with the keys", labels=[{"space": "gpt2"}] * 4)
    for content in (b"", b"PK", arrays[: len(arrays) // 2], arrays[:-1] + b"x"):
        arrays_path(path).write_bytes(content)
        with pytest.raises(InputError, match=r"ridge.npz is damaged \(its checksum is another\)"):
            read(path, told)
    arrays_path(path).unlink()
    with pytest.raises(InputError, match=r"ridge.npz is damaged .*No such file"):
        read(path, told)
    with pytest.raises(InputError, match=r"expected a file with the suffix \.json"):
        kept(tmp_path / "ridge.pkl", told, labels(drawn(4), np.arange(4.0)))


def test_a_pickle_is_never_opened(tmp_path: Path, told: Source, drawn: Drawn, labels: Callable[..., Labelled]) -> None:
    path = tmp_path / "ridge.json"
    kept(path, told, labels(drawn(4), np.arange(4.0)))
    arrays = {"usable": np.ones(4, bool), "quality": np.zeros(4)}
    for write, described, message in (
        (np.savez, np.array([{}], dtype=object), "Object arrays cannot be loaded"),
        (np.savez_compressed, np.zeros((4, 1)), "its arrays are compressed"),
        (np.savez, np.zeros((4, 1), np.complex128), "expected arrays of 4 labels"),
    ):
        buffer = io.BytesIO()
        write(buffer, described=described, **arrays)
        arrays_path(path).write_bytes(buffer.getvalue())
        document = {**json.loads(path.read_text()), "sha256": hashlib.sha256(buffer.getvalue()).hexdigest()}
        path.write_text(json.dumps(document))
        with pytest.raises(InputError, match=message):
            read(path, told)


def test_other_versions_are_said(
    tmp_path: Path, told: Source, drawn: Drawn, labels: Callable[..., Labelled], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ridge.json"
    kept(path, told, labels(drawn(4), np.arange(4.0)))
    document = json.loads(path.read_text())
    document["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(document))
    with caplog.at_level(logging.WARNING, "lpzero"):
        read(path, told)
    assert "was fitted with numpy 1.0: its numbers may differ" in caplog.text


def test_a_proxy_is_no_kept_predictor(
    tmp_path: Path, told: Source, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    path = tmp_path / "ridge.json"
    kept(path, told, labels(drawn(4), np.arange(4.0)))
    assert is_kept(path)
    (tmp_path / "proxy.json").write_text('{"name": "x", "formula": "sum(l1(weight))"}')
    (tmp_path / "other.json").write_text("no document")
    for name in ("proxy.json", "other.json", "none.json", "."):
        assert not is_kept(tmp_path / name)


def test_a_prompt_is_kept_without_whom_it_asks(
    tmp_path: Path, told: Source, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    path = tmp_path / "prompt.json"
    prompt = Prompt(told.space, Task("BLEU", "points", True), labels(drawn(4), np.array([0.1, 0.2, 0.3, 1 / 3])))
    save(path, KeptPrompt(prompt), replace(told, groups=("spec",), proxies=()))
    document = read_predictor_document(path)
    assert isinstance(document, PromptedDocument)
    assert not arrays_path(path).exists()
    with pytest.raises(InputError, match=r"`endpoint` and `model` are missing: .*prompt\.json asks a language model"):
        restored(path, document, told.space, lambda document, proxies: told)
    again: Any = restored(path, document, told.space, lambda document, proxies: told, asker=object())  # type: ignore[arg-type]
    one = drawn(6)[-1]
    assert again.prompt.request(one) == prompt.request(one)
    assert again.prompt.labelled.quality.tolist() == prompt.labelled.ordered().quality.tolist()
