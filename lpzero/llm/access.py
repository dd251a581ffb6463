"""How a language model is used, as a value: by which endpoint, from which cache, within which ceilings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lpzero.llm.cache import ReplyCache
from lpzero.llm.endpoint import Endpoint
from lpzero.llm.language_model import LanguageModel
from lpzero.llm.ledger import NO_CEILINGS, Ceilings, Ledger, Prices
from lpzero.llm.reply import Reply
from lpzero.llm.request import Request


@dataclass(frozen=True)
class Access:
    """How a language model is used.

    Attributes:
        endpoint: Who is asked.
        cache: The file where replies are looked up and kept, see :func:`lpzero.llm.cache.default_path`; None for none.
        ledger: The file that keeps what was spent, for ceilings that hold when a job is resumed; None for none.
        ceilings: The most that may be spent, by what the ledger's file holds already as well.
        prices: What tokens cost; needed for a ceiling of money.
        offline: Whether the cache alone may answer.
    """

    endpoint: Endpoint
    cache: Path | None = None
    ledger: Path | None = None
    ceilings: Ceilings = NO_CEILINGS
    prices: Prices | None = None
    offline: bool = False

    @contextmanager
    def open(self) -> Iterator[LanguageModel]:
        """Open the files, and give the model that answers inside the block.

        Raises:
            InputError: The values contradict each other, a file is damaged, or another process uses the ledger.
            LpzeroError: A file cannot be read or written.
        """
        with ExitStack() as stack:
            ledger = stack.enter_context(Ledger(self.ledger, self.ceilings, self.prices))
            cache = None if self.cache is None else stack.enter_context(ReplyCache(self.cache))
            yield stack.enter_context(LanguageModel(self.endpoint, cache=cache, ledger=ledger, offline=self.offline))


def ask(request: Request, access: Access) -> Reply:
    """Ask one request; :meth:`Access.open` gives a model that answers many over one connection.

    Raises:
        LpzeroError: As :meth:`Access.open` and :meth:`lpzero.llm.language_model.LanguageModel.ask` do.
    """
    with access.open() as model:
        return model.ask(request)
