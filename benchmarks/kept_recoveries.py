"""Hours of recoveries as a file that is kept: taken out of the folder of a table, and put back into a new one.

``lpzero tables build --sub-networks`` draws the same sub-networks on every machine, and goes on with the recoveries
that it finds: with ``--restore`` a build of the same recipe does what the file lacks. A recovery of another recipe is
refused by the build.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

RECIPE, RECOVERIES = "recipe.json", "recoveries"


def keep(folder: Path, file: Path) -> int:
    """Write what a folder holds; layers are pairs of groups and neurons."""
    recoveries = []
    for path in sorted((folder / RECOVERIES).glob("*.json")):
        document = json.loads(path.read_text())
        layers = document["architecture"].pop("layers")
        document["layers"] = [[layer["groups"], layer["neurons"]] for layer in layers]
        recoveries.append({"file": path.name, **document})
    recipe = json.loads((folder / RECIPE).read_text())
    lines = [json.dumps({"recipe": recipe}), *map(json.dumps, recoveries)]
    file.write_text("\n".join(lines) + "\n")
    return len(recoveries)


def restore(folder: Path, file: Path) -> int:
    """Begin a folder with what a file holds."""
    first, *lines = file.read_text().splitlines()
    (folder / RECOVERIES).mkdir(parents=True)
    (folder / RECIPE).write_text(json.dumps(json.loads(first)["recipe"]))
    for line in lines:
        document: dict[str, Any] = json.loads(line)
        named = [{"groups": groups, "neurons": neurons} for groups, neurons in document.pop("layers")]
        document["architecture"]["layers"] = named
        (folder / RECOVERIES / document.pop("file")).write_text(json.dumps(document))
    return len(lines)


def main() -> None:
    """Take out, or put back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True, help="folder of the table; with --restore a new one")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--restore", action="store_true")
    given = parser.parse_args()
    work = restore if given.restore else keep
    print(work(given.table, given.file), "recoveries")


if __name__ == "__main__":
    main()
