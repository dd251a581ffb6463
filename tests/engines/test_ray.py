"""Ray: a real cluster of two nodes on this machine, equal results, and a node that goes in the middle of the work."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.cli.main import run as command
from lpzero.engines import Fault, FaultStatus, Limits, Serial, open_engine
from lpzero.engines.ray_cluster import _reach
from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.folder import EvolutionRunFolder
from lpzero.evolution.run import execute, prepare
from lpzero.evolution.together import Together
from lpzero.progress import Progress
from tests.compression.tiny import checkpoint_folder, written_text

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'lpzero[ray]'")

# Ray leaves sockets and files to the end of the process
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes of one CPU each; the test's process is connected to the first."""
    from ray.cluster_utils import Cluster

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


def nap_where(seconds: float) -> tuple[float, str]:
    """Sleep, and tell the node that did."""
    time.sleep(seconds)
    return seconds, ray.get_runtime_context().get_node_id()


def fail_on_three(x: int) -> int:
    """Raise on 3."""
    if x == 3:
        raise LpzeroError("three")
    return x


def die(x: int) -> int:
    """End the process that works on a negative number."""
    if x < 0:
        os._exit(1)
    return x


def load_numbers(path: Path) -> dict[str, np.ndarray]:
    """Map a file of numbers."""
    return {"numbers": np.memmap(path, np.int64, "r")}


def add_up(shared: Any, factor: int) -> int:
    """The sum of what is shared, times a factor; it cannot be written to."""
    numbers = shared.arrays()["numbers"]
    assert not numbers.flags.writeable
    return int(numbers.sum()) * factor


def test_results_errors_faults_and_shared_arrays(cluster: Any, tmp_path: Path) -> None:
    np.arange(10).tofile(tmp_path / "numbers")
    told: list[tuple[int, int]] = []
    with open_engine("ray", 2, limits=Limits(seconds=8, memory=200 << 20)) as engine:
        assert list(engine.map(abs, range(-20, 0), arrived=lambda *pair: told.append(pair))) == [*range(20, 0, -1)]
        assert sorted(told) == list(zip(range(20), range(20, 0, -1), strict=True))
        results = engine.map(fail_on_three, [1, 3])
        assert next(results) == 1
        with pytest.raises(LpzeroError, match=r"^three$"):
            next(results)
        assert list(engine.attempt(fail_on_three, [3, 4])) == [Fault(FaultStatus.FAILED, "three"), 4]
        shared = engine.share(tmp_path / "numbers", load_numbers)
        assert list(engine.map(partial(add_up, shared), [1, 2])) == [45, 90]
        killed, rest = engine.attempt(die, [-1, 5])
        assert isinstance(killed, Fault)
        assert (killed.status, rest) == (FaultStatus.KILLED, 5)
        late, rest = engine.attempt(time.sleep, [600.0, 0.0])
        assert (late, rest) == (Fault(FaultStatus.TIMEOUT, "not done within 8 s"), None)


def test_a_node_may_go_in_the_middle(cluster: Any) -> None:
    node = cluster.add_node(num_cpus=1)
    with open_engine("ray", 3) as engine:
        results = engine.attempt(nap_where, [0.5] * 24)
        first = [next(results) for _ in range(6)]
        assert all(not isinstance(one, Fault) for one in first)
        cluster.remove_node(node)
        rest = list(results)
    assert [one[0] for one in (*first, *rest)] == [0.5] * 24  # type: ignore[index]


class Removing:
    """A watch of a run that removes a node when the first epoch is complete.

    Args:
        cluster: The cluster.
        node: The node.
    """

    def __init__(self, cluster: Any, node: Any) -> None:
        self._cluster, self._node = cluster, node

    def __call__(self, progress: Progress) -> None:
        """Remove the node, once."""
        if self._node is not None and progress.facts.startswith("generation 1,"):
            self._cluster.remove_node(self._node)
            self._node = None


def test_a_whole_evolution_is_that_of_one_process_though_a_node_goes_in_the_middle(
    cluster: Any, tmp_path: Path
) -> None:
    config = EvolveConfig(
        space="gpt2",
        protocol="own",
        table="gpt2-own",
        start="random",
        islands=3,
        epoch=1,
        population=8,
        generations=4,
        search_size=8,
        validation_size=4,
        batch=2,
        tokens=8,
        elements=64,
    )
    whole = prepare(config)
    keep = {*whole.parts.search, *whole.parts.validation, *whole.parts.test[:8]}
    setting = replace(whole, parts=replace(whole.parts, test=tuple(i for i in whole.parts.test if i in keep)))
    documents = []
    for name, engine, node in (
        ("serial", Serial(), None),
        ("ray", open_engine("ray", 3), cluster.add_node(num_cpus=1)),
    ):
        run = EvolutionRunFolder.create(tmp_path / name, config)
        with engine:
            documents.append(
                execute(
                    run,
                    Together((setting,)),
                    home=tmp_path / f"home-{name}",
                    engine=engine,
                    watch=Removing(cluster, node),
                )
            )
    one, other = documents
    for key in ("best", "front", "baselines", "evaluated", "duplicates", "pruned", "left_out"):
        assert getattr(one, key) == getattr(other, key)
    banks = [
        {path.name: path.read_bytes() for path in (tmp_path / f"home-{name}").rglob("*.safetensors")}
        for name in ("serial", "ray")
    ]
    assert banks[0] == banks[1]


def without_times(value: Any) -> Any:
    """A document without what says when and where it was made."""
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if key not in ("run", "seconds")}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def documents(folder: Path) -> dict[str, Any]:
    """Every document below a folder, by its name there, but for a card, whose digests are of times as well."""
    files = [path for path in sorted(folder.rglob("*.json")) if path.name != "card.json"]
    return {str(path.relative_to(folder)): without_times(json.loads(path.read_text())) for path in files}


def test_a_search_and_a_table_are_those_of_one_process(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("the cat sat on the mat. " * 60)
    search = ["search", "--space", "gpt2", "--protocol", "own", "--proxy", "snip", "--samples", "10"]
    search += ["--max-params", "1M", "--batch", "1", "--tokens", "4"]
    table = ["tables", "build", "--space", "gpt2", "--corpus", "text.txt", "--archs", "2", "--repeat", "1"]
    table += ["--steps", "10", "--batch", "2", "--length", "8", "--name", "table"]
    for engine in ("serial", "ray"):
        where = ["--engine", engine, "--jobs", "2"]
        assert command([*search, *where, "--output", f"{engine}/search"]) == 0
        assert command([*table, *where, "--out", f"{engine}/table"]) == 0
    for name, number in (("search", 10), ("table", 5)):
        found = documents(Path("ray", name))
        assert len(found) >= number
        assert found == documents(Path("serial", name))
    for name in ("search/scored.jsonl", "search/front.csv"):
        # a score is kept the moment that it is there
        one, other = (sorted(Path(engine, name).read_text().splitlines()) for engine in ("serial", "ray"))
        assert one == other


def test_a_table_of_choices_is_that_of_one_process(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(written_text(200))
    source = checkpoint_folder(tmp_path / "full", num_hidden_layers=2)
    asked = ["tables", "build", "--choices", str(source), "--calibration", str(tmp_path / "text.txt")]
    asked += ["--windows", "2", "--context", "8", "--widths", "2", "--name", "table", "--device", "cpu"]
    for engine in ("serial", "ray"):
        assert command([*asked, "--engine", engine, "--jobs", "2", "--out", str(tmp_path / engine)]) == 0
    for name in ("records.jsonl", "card.json"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "serial" / name).read_bytes()


def test_what_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="at least 1 job"):
        open_engine("ray", 0)
    with socket.socket() as taken:
        # a port where nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(MissingError, match=rf"`address` {address}: expected a Ray cluster, found nobody"):
            _reach(address)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"pip install 'lpzero\[ray\]'"):
        open_engine("ray", 1)
    assert Serial().name == "serial"
