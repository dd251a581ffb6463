"""Architectures whose features are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.principles.language.columns import Columns
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

Layers = list[dict[str, Any]]


def layer(operation: str = "SA", heads: int = 2, inner: int = 512, number: int = 1) -> dict[str, Any]:
    parameter = {"SA": "SDP", "LT": "DFT", "DSC": 5}[operation]
    return {
        "operation": operation,
        "parameter": parameter,
        "heads": heads,
        "feed_forward": inner,
        "feed_forward_layers": number,
    }


@pytest.fixture(scope="session")
def three() -> Columns:
    """Three architectures of ``flexibert``: two layers with 2 and 4 heads; four with 4, 4, 2, 2; four with 2 each."""
    listed: list[tuple[int, Layers]] = [
        (128, [layer("SA", 2), layer("LT", 4)]),
        (256, [layer("DSC", 4), layer("DSC", 4), layer("SA", 2), layer("LT", 2)]),
        (256, [layer("SA", 2, 1024, 3)] * 4),
    ]
    space = get_space("flexibert")
    found = [Architecture.of("flexibert", {"hidden_size": width}, layers) for width, layers in listed]
    for one in found:
        space.validate(one)
    return Columns(space, found)


@pytest.fixture(scope="session")
def many() -> Columns:
    """200 architectures of ``flexibert``, drawn."""
    space, rng = get_space("flexibert"), np.random.default_rng(0)
    return Columns(space, [space.sample(rng) for _ in range(200)])


@pytest.fixture
def document() -> dict[str, Any]:
    """A valid file of principles of ``flexibert``."""
    rule = {"op": "in", "feature": "depth", "values": [4]}
    principles = [{"id": "deep", "statement": "four layers are better than two", "rule": rule}]
    return {"schema": "lpzero.principles/1", "space": {"name": "flexibert"}, "principles": principles}


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a document."""

    def write(content: Any) -> Path:
        path = tmp_path / "principles.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write
