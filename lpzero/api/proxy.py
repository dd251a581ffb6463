"""A proxy in the habits of the field: called on a model, kept in a folder, shared on the hub."""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.files import write_text
from lpzero.formula.export import export_formula, to_latex, to_python, to_sympy
from lpzero.formula.module import FormulaModule
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy import proxy as base
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.percentiles import SpaceSample
from lpzero.scoring.score import ModelScorer
from lpzero.settings import reason_of

if TYPE_CHECKING:
    from typing_extensions import Self

PROXY_FILE, CARD = "proxy.json", "README.md"
_REPOSITORY = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")
TAGS = ("lpzero", "zero-cost-proxy", "neural-architecture-search")


class Proxy(base.Proxy):
    """A proxy: what :func:`lpzero.load_proxy` gives, which every function takes, with the habits of the field.

    >>> proxy = Proxy.from_pretrained("snip")
    >>> str(proxy.formula), proxy.direction, proxy.to_sympy()
    ('sum(l1(weight * grad))', 'higher', sum_layers(l1(grad*weight)))
    """

    @classmethod
    def of(cls, proxy: base.Proxy) -> Self:
        """The same proxy as one of these."""
        return cls(**{field.name: getattr(proxy, field.name) for field in fields(base.Proxy)})

    @classmethod
    def from_pretrained(cls, name: str | Path, *, local_files_only: bool = False, token: str | None = None) -> Self:
        """A proxy from a folder, by a name, or of the hub.

        Args:
            name: A folder that :meth:`save_pretrained` wrote; what :func:`lpzero.load_proxy` reads, such as the name of
                a shipped proxy, the folder of a run, or a formula; else a repository of the hub, ``USER/NAME``.
            local_files_only: Whether the hub is not asked, but its local cache.
            token: For private repositories.

        Raises:
            InputError: It is none of these, or a file is damaged.
            MissingError: The hub has no such repository or file, or cannot be reached.
        """
        folder = Path(name)
        if (folder / PROXY_FILE).is_file():
            return cls.of(load_proxy(str(folder / PROXY_FILE)))
        try:
            return cls.of(load_proxy(str(name)))
        except InputError:
            if not _REPOSITORY.fullmatch(str(name)):
                raise
        return cls.of(load_proxy(_downloaded(str(name), local_files_only=local_files_only, token=token)))

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the proxy as a folder: ``proxy.json``, which every command reads, and a ``README.md``.

        Args:
            folder: Where; what lies there under these names is replaced.

        Raises:
            InputError: It is a coded metric, which has no other form than its code.
            LpzeroError: The folder cannot be written.
        """
        document = self._document()
        try:
            write_text(Path(folder) / PROXY_FILE, json.dumps(document, indent=1, allow_nan=False) + "\n")
            write_text(Path(folder) / CARD, self._card())
        except OSError as err:
            raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err

    def push_to_hub(
        self, name: str, *, token: str | None = None, private: bool | None = None, endpoint: str | None = None
    ) -> str:
        """Upload the folder of :meth:`save_pretrained` to the hub.

        Args:
            name: The repository, ``USER/NAME``; it is made where it is not there.
            token: That may write there; None for the one that ``hf auth login`` keeps.
            private: Whether a new repository is; None for what the hub is set to.
            endpoint: Address of another hub.

        Returns:
            The address of what was uploaded.

        Raises:
            InputError: It is a coded metric.
            LpzeroError: The hub refuses it, or cannot be reached.
        """
        from huggingface_hub import CommitOperationAdd, HfApi

        files = {PROXY_FILE: json.dumps(self._document(), indent=1, allow_nan=False) + "\n", CARD: self._card()}
        api = HfApi(endpoint=endpoint, token=token)
        try:
            api.create_repo(name, private=private, exist_ok=True)
            operations = [CommitOperationAdd(path, text.encode()) for path, text in files.items()]
            done = api.create_commit(name, operations, commit_message=f"The proxy {self.name} of lpzero")
        except (OSError, ValueError) as err:
            raise LpzeroError(f"{name}: the hub does not take it: {reason_of(err)[:300]}") from err
        return str(done.commit_url)

    def __call__(
        self, model: nn.Module, batch: Any = None, *, seed: int = 0, size: int = BATCH, tokens: int = TOKENS
    ) -> float:
        """The score of a model, which is left as it was.

        Args:
            model: Any model that :func:`lpzero.score` reads.
            batch: What it is shown, as ``example_batch()`` of a Python file gives it: (sequences, tokens) token ids, or
                a dictionary of what its ``forward`` takes; None for random tokens of its vocabulary.
            seed: Of these.
            size: Sequences of them.
            tokens: Tokens of each.

        Returns:
            The value, in the proxy's own direction; NaN where it has none.

        Raises:
            InputError: The model cannot be read.
            LpzeroError: Its code fails, or the proxy cannot score it.
        """
        probe = Probe(seed=seed, batch=size, tokens=tokens, device=_device_of(model))
        scorer = ModelScorer((self,), probe, SpaceSample(0, None, (self,), probe, 1))
        value = scorer.score_loaded(type(model).__name__, LoadedModel(model, batch)).scores[0].value
        return math.nan if value is None else value

    def to_sympy(self) -> Any:
        """The formula as a sympy expression; raises InputError for a coded metric."""
        return to_sympy(self._formula())

    def to_latex(self) -> str:
        """The formula as LaTeX; raises InputError for a coded metric."""
        return to_latex(self._formula())

    def to_torch(self) -> FormulaModule:
        """The formula as a module of PyTorch that takes operands; raises InputError for a coded metric."""
        return FormulaModule(self._formula())

    def to_python(self) -> str:
        """The formula as the text of a module that needs torch alone; raises InputError for a coded metric."""
        return to_python(self._formula(), higher_is_better=self.higher_is_better)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from html import escape

        from lpzero.reporting.mathml import to_mathml

        text = self.metric if self.formula is None else self.formula.text
        shown = "" if self.formula is None else to_mathml(self.formula.text)
        return f"<p><b>{escape(self.name)}</b> ({self.direction} is better)</p>{shown}<pre>{escape(str(text))}</pre>"

    def _formula(self) -> Any:
        if self.formula is None:
            raise InputError(f"{self.name} is a coded metric, not a formula: it has no other form than its code")
        return self.formula

    def _document(self) -> dict[str, Any]:
        text = export_formula(
            self._formula(), "json", name=self.name, higher_is_better=self.higher_is_better, paper=self.paper
        )
        found = {} if self.provenance is None else {"found": self.provenance.model_dump()}
        return {**json.loads(text), "note": self.note, **found}

    def _card(self) -> str:
        tags = "".join(f"- {tag}\n" for tag in TAGS)
        lines = [
            f"---\nlibrary_name: lpzero\ntags:\n{tags}---\n",
            f"A zero-cost proxy: `{self._formula()}`, {self.direction} is better.\n",
            "```python\nimport lpzero\n\nproxy = lpzero.Proxy.from_pretrained(NAME)\nprint(proxy(model))\n```\n",
        ]
        if self.found_tables:
            lines.append(f"Found on {', '.join(self.found_tables)}: there it is no test.\n")
        return "\n".join(lines)


def _device_of(model: nn.Module) -> str:
    first = next(model.parameters(), None)
    return "cpu" if first is None else first.device.type


def _downloaded(name: str, *, local_files_only: bool, token: str | None) -> str:
    """The file of a proxy on the hub."""
    from huggingface_hub import hf_hub_download

    try:
        return str(hf_hub_download(name, PROXY_FILE, local_files_only=local_files_only, token=token))
    except (OSError, ValueError) as err:
        raise MissingError(
            f"{name}: expected a proxy, found none of that name here and none on the hub: {reason_of(err)[:200]}"
        ) from err
