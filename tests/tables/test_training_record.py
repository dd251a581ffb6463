"""The record of a training: what it holds together, and what is refused as one."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.spaces import Architecture
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord, check_record

RECIPE = Recipe(
    space="gpt2",
    protocol="own",
    objective="causal",
    tokens="bytes",
    vocabulary=257,
    tokenizer_sha256="0",
    train_sha256="1",
    validation_sha256="2",
    unigram_entropy=3.2,
    seed=0,
    steps=10,
    batch=4,
    length=6,
    learning_rate=1e-3,
    warm_up=2,
    betas=(0.9, 0.999),
    weight_decay=0.01,
    clip=1.0,
    mask_share=None,
    points=(5, 10),
    validation_sequences=8,
    dtype="float32",
    device="cpu",
)
VALID: dict[str, Any] = {
    "id": "0003",
    "architecture": Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64, "heads": 2}] * 2).to_json(),
    "seed": 1,
    "status": "ok",
    "reason": "",
    "loss": 2.5,
    "curve": [[5, 3.0], [10, 2.5]],
    "steps": 10,
    "tokens": 240,
    "parameters": {"total": 100, "embedding": 40},
    "seconds": 0.25,
    "recipe": RECIPE.digest,
}
LOST = VALID | {
    "status": "diverged",
    "reason": "loss nan",
    "loss": None,
    "curve": [[5, 3.0]],
    "steps": 5,
    "tokens": 120,
}


@pytest.mark.parametrize("document", [VALID, LOST, LOST | {"curve": [], "steps": 0, "tokens": 0}])
def test_a_record_survives_json(document: dict[str, Any]) -> None:
    record = check_record(document, "a file", RECIPE)
    written = json.loads(json.dumps(record.model_dump(mode="json"), allow_nan=False))
    assert written == document
    assert check_record(written, "a file", RECIPE) == record
    assert record.curve == tuple((step, loss) for step, loss in document["curve"])
    assert Architecture.from_json(record.architecture).depth == 2


def test_a_whole_loss_is_a_number_as_well() -> None:
    assert check_record(VALID | {"loss": 2, "curve": [[5, 3], [10, 2]]}, "a file", RECIPE).loss == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "ok", "loss": None}, "a loss where the status is ok and nowhere else, with status 'ok'"),
        ({"status": "diverged"}, "a loss where the status is ok and nowhere else, with status 'diverged'"),
        ({"status": "failed"}, "a loss where the status is ok and nowhere else, with status 'failed'"),
        ({"loss": 2.4}, "a loss that ends the curve"),
        ({"loss": 3.0}, "a loss that ends the curve"),
        ({"curve": []}, "a loss that ends the curve"),
        ({"loss": math.nan}, "loss: expected a finite number, found nan"),
        ({"loss": math.inf}, "loss: expected a finite number, found inf"),
        ({"curve": [[5, math.nan], [10, 2.5]]}, "curve.0.1: expected a finite number, found nan"),
        ({"curve": [[5, 3.0], [10]]}, "curve.1"),
        ({"curve": [5, 10]}, "curve.0: expected a valid tuple, found 5"),
        ({"curve": "none"}, "curve: expected a valid tuple, found 'none'"),
        ({"seed": -1}, "seed: expected greater than or equal to 0, found -1"),
        ({"seed": True}, "seed: expected a valid integer, found True"),
        ({"seed": "0"}, "seed: expected a valid integer, found '0'"),
        ({"steps": 1.5}, "steps: expected a valid integer, found 1.5"),
        ({"tokens": -5}, "tokens: expected greater than or equal to 0, found -5"),
        ({"seconds": -0.1}, "seconds: expected greater than or equal to 0, found -0.1"),
        ({"id": 3}, "id: expected a valid string, found 3"),
        ({"architecture": []}, "architecture: expected a valid dictionary, found []"),
        ({"parameters": {"total": "many"}}, "parameters.total: expected a valid integer, found 'many'"),
        ({"quality": 1.0}, "quality: expected no such key, found 1.0"),
        ({"recipe": "f" * 16}, f"expected a training by the recipe {RECIPE.digest}, found one by {'f' * 16!r}"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_another_document_is_refused_in_one_line_that_names_the_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_record(VALID | change, "trainings/7.json", RECIPE)
    assert str(caught.value).startswith("trainings/7.json: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(VALID))
def test_every_key_has_to_be_there(name: str) -> None:
    document = {key: value for key, value in VALID.items() if key != name}
    with pytest.raises(InputError, match=f"a file: expected the key {name}, found none"):
        check_record(document, "a file", RECIPE)


@pytest.mark.parametrize("document", [None, [], "ok", 3, {}])
def test_what_is_no_record_at_all_is_refused(document: Any) -> None:
    with pytest.raises(InputError, match=r"^a file: "):
        check_record(document, "a file", RECIPE)


def test_a_status_that_no_training_has_is_refused() -> None:
    with pytest.raises(InputError, match="status"):
        check_record(LOST | {"status": "fine"}, "a file", RECIPE)


def test_a_record_cannot_be_changed() -> None:
    record = check_record(VALID, "a file", RECIPE)
    assert isinstance(record, TrainedRecord)
    with pytest.raises(ValueError, match="frozen"):
        record.loss = 1.0  # type: ignore[misc]
