"""Language models behind any OpenAI-compatible endpoint: typed requests, replies with a status, a cache, ceilings.

An :class:`Access` says who is asked, and within which limits; :func:`ask` asks, or the :class:`LanguageModel` that
it opens. What one reply does wrong is a status; where nothing can be done there is an
error of one line, with exit code 3, and what was paid for is in the cache. The package ``openai`` comes with the extra
``lpzero[llm]``; importing it takes a second, and happens when the first call is made.
"""

from lpzero.llm.access import Access, ask
from lpzero.llm.cache import OfflineError, ReplyCache, default_path
from lpzero.llm.document import Document
from lpzero.llm.endpoint import Endpoint
from lpzero.llm.language_model import LanguageModel, ServiceError
from lpzero.llm.ledger import CeilingError, Ceilings, Ledger, Prices, Spent
from lpzero.llm.numbers import Number, Numbers
from lpzero.llm.reading import Expected, Reading, ReplyStatus
from lpzero.llm.reply import Reply, Usage
from lpzero.llm.request import Message, Request
from lpzero.llm.text import clean_line, clean_text, fill

__all__ = [
    "Access",
    "CeilingError",
    "Ceilings",
    "Document",
    "Endpoint",
    "Expected",
    "LanguageModel",
    "Ledger",
    "Message",
    "Number",
    "Numbers",
    "OfflineError",
    "Prices",
    "Reading",
    "Reply",
    "ReplyCache",
    "ReplyStatus",
    "Request",
    "ServiceError",
    "Spent",
    "Usage",
    "ask",
    "clean_line",
    "clean_text",
    "default_path",
    "fill",
]
