"""A file of principles, as the miner writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    wide = {"op": "ge", "feature": "d_model", "value": 192}
    evidence = {"n": 128, "top": 26, "support": 1.0, "base_rate": 0.4, "lift": 2.5, "interval": [2.0, 3.0]}
    listed = [
        {
            "id": "wide",
            "statement": "wide | is <good>",
            "rule": wide,
            "evidence": {**evidence, "stability": 0.95, "size_lift": 1.5},
            "history": [{"version": 2, "reason": "seen again"}],
        },
        {
            "id": "even",
            "statement": "even heads",
            "rule": {"op": "in", "feature": "heads.trend", "values": ["constant"]},
            "strength": "soft",
            "weight": 2.0,
        },
        {"id": "words", "statement": "keep it simple", "status": "advice"},
    ]
    source = {"by": "miner", "table": "gpt2-own", "n": 128, "top": 26, "at_size": 1.25, "seed": 0}
    document = {
        "schema": "lpzero.principles/1",
        "version": 2,
        "space": {"name": "gpt2", "protocol": "own"},
        "source": source,
        "principles": listed,
    }
    path = tmp_path / "p.json"
    path.write_text(json.dumps(document))
    return path
