"""Nothing that is read is run: no module of lpzero can unpickle or evaluate, and a pickle in any file is refused."""

from __future__ import annotations

import ast
import gzip
import pickle
from pathlib import Path

import pytest

from benchmarks.fuzz.targets import TARGETS
from lpzero.errors import LpzeroError

PACKAGE = Path(__file__).resolve().parents[1] / "lpzero"
PICKLES = frozenset(
    {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "shelve"}
)
RUNS = frozenset(
    {"eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec", "os.system", "os.popen"}
    | {"torch.load", "sympy.S"}
)
OF_SYMPY = frozenset({"sympify", "parse_expr"})


def faults(source: str) -> list[str]:
    """What a module does that could run what it reads."""
    return [fault for node in ast.walk(ast.parse(source)) for fault in _faults(node)]


def _faults(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        return [f"imports {name}" for name in modules if name.split(".")[0] in PICKLES]
    if not isinstance(node, ast.Call):
        return []
    named = ast.unparse(node.func)
    keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    refused = (
        named in RUNS
        or named.rpartition(".")[2] in OF_SYMPY
        or named.startswith(("yaml.unsafe_", "yaml.full_"))
        # only with the loader of lpzero, which is a safe one
        or (named in ("yaml.load", "yaml.load_all") and keywords.get("Loader") != "_UniqueKeyLoader")
        or any(keywords.get(name, "False") != "False" for name in ("allow_pickle", "shell", "trust_remote_code"))
    )
    return [f"line {node.lineno} calls {named}"] if refused else []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_can_run_what_it_reads(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "def f():\n    from joblib import load",
        "import torch.nn, dill.source",
        "eval('1')",
        "__import__('os')",
        "compile(x, 'y', 'exec')",
        "torch.load(path, weights_only=True)",
        "np.load(path, allow_pickle=True)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.load(text)",
        "yaml.unsafe_load(text)",
        "sympy.sympify(text)",
        "parse_expr(text)",
        "sympy.S('x')",
        "subprocess.run(words, shell=True)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
    ],
)
def test_what_could_run_is_seen(source: str) -> None:
    assert len(faults(source)) == 1


def test_what_cannot_run_is_not() -> None:
    source = "ast.parse(text)\nre.compile(text)\nmodel.eval()\nnp.load(path, allow_pickle=False)\njson.loads(text)"
    assert faults(source) == []


STATED = ("reply of a language model", "completion of a server")
"""What is said by a status, and raises nothing: a reply may be any text."""


class Bomb:
    """What makes a file where it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.marker,)


def test_the_bomb_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(tmp_path / "marker")))  # noqa: S301 - it is this test's own
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("protocol", [0, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize("name", TARGETS)
def test_a_pickle_in_the_place_of_any_file_is_refused(name: str, protocol: int, packed: bool, tmp_path: Path) -> None:
    folder, marker = tmp_path / "files", tmp_path / "marker"
    folder.mkdir()
    content = pickle.dumps(Bomb(marker), protocol)
    if name == "corpus" and protocol == 0 and not packed:
        pytest.skip("it is text, and a corpus is any text")
    given = gzip.compress(content) if packed else content
    if name in STATED:
        TARGETS[name].read(given, folder)
    else:
        with pytest.raises(LpzeroError) as caught:
            TARGETS[name].read(given, folder)
        assert str(caught.value).isprintable()
    assert not marker.exists()


@pytest.mark.parametrize("suffix", ["bin", "pt", "pth", "ckpt"])
def test_a_checkpoint_that_is_a_pickle_is_named_as_one(tmp_path: Path, suffix: str) -> None:
    from benchmarks.fuzz.seeds import llama_config
    from lpzero.spaces import get_space

    (tmp_path / "config.json").write_text(llama_config())
    (tmp_path / f"pytorch_model.{suffix}").write_bytes(pickle.dumps(Bomb(tmp_path / "marker")))
    with pytest.raises(LpzeroError, match="a pickle, which may run code"):
        get_space(str(tmp_path))
    assert not (tmp_path / "marker").exists()
