"""``lpzero.Proxy``: called on a model, kept in a folder, shared on the hub."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

import lpzero
from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.spaces import get_space

RUN = Path(__file__).parents[1] / "reporting" / "runs" / "evolve"


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    """A small model of a space."""
    space = get_space("gpt2", "own")
    return space.build(lpzero.load_table("gpt2-own").records[0].architecture, 0)


def test_a_proxy_on_a_model_is_what_score_says(model: torch.nn.Module) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    proxy = lpzero.Proxy.from_pretrained("snip")
    value = proxy(model, size=2, tokens=8)
    assert value == lpzero.score(model, ["snip"], batch=2, tokens=8).scores[0].value
    assert all(torch.equal(before[name], now) for name, now in model.state_dict().items())
    assert proxy(model, size=2, tokens=8, seed=1) != value


def test_it_is_shown_what_it_is_given(model: torch.nn.Module) -> None:
    proxy = lpzero.Proxy.from_pretrained("snip")
    ids = torch.arange(16).reshape(2, 8)
    assert proxy(model, ids) == proxy(model, ids.clone())
    assert proxy(model, ids) != proxy(model, ids.flip(1))


def test_it_is_the_same_proxy_everywhere() -> None:
    proxy = lpzero.Proxy.from_pretrained("depth")
    row = lpzero.rank("gpt2-own", [proxy]).scores[0]
    assert row.proxy == "depth"
    assert lpzero.Proxy.of(lpzero.load_proxy("snip")) == lpzero.Proxy.from_pretrained("snip")


@pytest.mark.parametrize("name", ["snip", "llama/own", "universal/decoder", str(RUN)])
def test_a_folder_gives_the_proxy_back(name: str, tmp_path: Path) -> None:
    proxy = lpzero.Proxy.from_pretrained(name)
    proxy.save_pretrained(tmp_path)
    again = lpzero.Proxy.from_pretrained(tmp_path)
    assert (again.formula, again.direction, again.found_tables) == (proxy.formula, proxy.direction, proxy.found_tables)
    assert again.provenance == proxy.provenance
    card = (tmp_path / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: lpzero\n")
    assert str(proxy.formula) in card
    assert lpzero.load_proxy(str(tmp_path / "proxy.json")).formula == proxy.formula


def test_a_coded_metric_has_no_other_form(tmp_path: Path) -> None:
    metric = lpzero.Proxy.from_pretrained("depth")
    for form in (
        metric.to_sympy,
        metric.to_latex,
        metric.to_torch,
        metric.to_python,
        lambda: metric.save_pretrained(tmp_path),
    ):
        with pytest.raises(InputError, match="depth is a coded metric, not a formula"):
            form()
    assert "depth" in metric._repr_html_()


def test_a_formula_has_every_form_and_is_escaped_in_a_notebook() -> None:
    proxy = lpzero.Proxy.from_pretrained("sum(l1(weight * grad))")
    assert str(proxy.to_sympy()) == "sum_layers(l1(grad*weight))"
    assert proxy.to_latex().startswith("\\sum")
    assert "def score(operands):" in proxy.to_python()
    assert proxy.to_torch()({"weight": [[torch.ones(2)]], "grad": [[torch.ones(2)]]}).item() == 2.0
    assert "<math" in proxy._repr_html_()


def test_what_is_nowhere_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(MissingError, match="nobody/nothing: expected a proxy, found none of that name here"):
        lpzero.Proxy.from_pretrained("nobody/nothing", local_files_only=True)
    with pytest.raises(InputError):
        lpzero.Proxy.from_pretrained("no proxy at all")


class _Hub(BaseHTTPRequestHandler):
    """Answers as the hub does when a small folder is uploaded; notes what it was sent."""

    told: list[tuple[str, str]] = []  # noqa: RUF012  (emptied by the fixture)
    refuses = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.told.append((self.path, body))
        if self.refuses:
            self._answer(403, {"error": "no"})
        elif self.path.endswith("/repos/create"):
            self._answer(200, {"url": f"http://{self.headers['Host']}/me/mine", "name": "me/mine"})
        elif "/preupload/" in self.path:
            files = json.loads(body)["files"]
            modes = [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in files]
            self._answer(200, {"files": modes})
        else:
            url = f"http://{self.headers['Host']}/me/mine/commit/{'0' * 40}"
            self._answer(200, {"commitUrl": url, "commitOid": "0" * 40, "success": True})

    def _answer(self, code: int, document: object) -> None:
        content = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a hub."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(_Hub, "told", [])
    monkeypatch.setattr(_Hub, "refuses", False)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hub) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_the_hub_gets_the_files_of_the_folder(hub: str, tmp_path: Path) -> None:
    proxy = lpzero.Proxy.from_pretrained("llama/own")
    url = proxy.push_to_hub("me/mine", token="hf_x", endpoint=hub)  # noqa: S106  (nobody's)
    assert url == f"{hub}/me/mine/commit/{'0' * 40}"
    asked = [path for path, _ in _Hub.told]
    assert asked[0] == "/api/repos/create"
    assert asked[-2:] == ["/api/models/me/mine/preupload/main", "/api/models/me/mine/commit/main"]
    lines = [json.loads(line) for line in _Hub.told[-1][1].splitlines()]
    sent = {line["value"]["path"] for line in lines if line["key"] == "file"}
    assert sent == {"proxy.json", "README.md"}


def test_a_hub_that_refuses_is_one_line(hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Hub, "refuses", True)
    with pytest.raises(LpzeroError, match="me/mine: the hub does not take it: 403") as raised:
        lpzero.Proxy.from_pretrained("snip").push_to_hub("me/mine", token="hf_x", endpoint=hub)  # noqa: S106
    assert "\n" not in str(raised.value)
