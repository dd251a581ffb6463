"""The reader of files of principles, with a document of every operator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.fuzz.inputs import written


def read(data: bytes, folder: Path, name: str = "principles.json") -> None:
    """A file of principles, and what a search asks of one that is not refused."""
    from lpzero.principles import read_principles
    from lpzero.principles.refined import refined
    from lpzero.spaces import get_space

    path = written(data, folder, name)
    found = refined(get_space("flexibert"), read_principles(path), path).draw(np.random.default_rng(0))
    assert found is None or found.depth in (2, 4)


def document() -> str:
    """A file of principles with every operator."""
    deep = {"op": "in", "feature": "depth", "values": [4]}
    many = {"op": "between", "feature": "heads.mean", "low": 2, "high": 3.5}
    count = {"op": "count_ge", "feature": "operation", "values": ["SA", "LT"], "number": 1}
    rules = [
        {"op": "any", "rules": [deep, many]},
        {"op": "implies", "condition": {"op": "not", "rule": deep}, "rule": count},
    ]
    rules.append({"op": "all", "rules": [{"op": "ge", "feature": "heads.last", "value": 2}]})
    listed = [{"id": f"p{place}", "statement": "words", "rule": rule} for place, rule in enumerate(rules)]
    soft = {"op": "eq", "feature": "heads.trend", "value": "constant"}
    listed.append({"id": "soft", "statement": "", "rule": soft, "strength": "soft", "weight": 2.0})
    space = {"name": "flexibert", "protocol": "trained"}
    return json.dumps({"schema": "lpzero.principles/1", "space": space, "explore": 0.2, "principles": listed})


def document_toml() -> str:
    """A short one, as people write it."""
    head = (
        'schema = "lpzero.principles/1"\n[space]\nname = "flexibert"\n[[principles]]\nid = "deep"\nstatement = "deep"\n'
    )
    return head + 'rule = {op = "not_in", feature = "depth", values = [2]}\n'
