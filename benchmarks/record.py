"""Write the figures of a benchmark as JSON and as a Markdown table."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def record(name: str, command: str, header: Sequence[str], rows: Sequence[Sequence[Any]], **facts: Any) -> None:
    """Write ``results/NAME.json`` and ``results/NAME.md``, and print the table.

    Args:
        name: Name of the benchmark.
        command: The command that repeats it.
        header: Names of the columns.
        rows: Cells; floats are shown with three decimals.
        facts: What else belongs to the result.
    """
    versions = {package: metadata.version(package) for package in ("lpzero", "torch", "numpy", "deap")}
    cells = [[f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    lines = [f"# {name}", "", f"`{command}`", "", f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(row)} |" for row in cells]
    lines += ["", *(f"- {key.replace('_', ' ')}: {value}" for key, value in facts.items())]
    lines += [f"- Python {platform.python_version()}, {', '.join(f'{k} {v}' for k, v in versions.items())}", ""]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text("\n".join(lines), encoding="utf-8")
    document = {"command": command, "header": list(header), "rows": [list(row) for row in rows], **facts}
    (RESULTS / f"{name}.json").write_text(json.dumps({**document, "versions": versions}, indent=1) + "\n")
    print("\n".join(lines))
