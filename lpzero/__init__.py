"""Discover zero-cost proxies: formulas that rank untrained language models the way training would.

The public names are loaded when they are first used, so ``import lpzero`` alone is quick: it brings in
neither torch nor transformers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lpzero.api.compare import compare
    from lpzero.api.compress import compress
    from lpzero.api.compress_front import compress_front
    from lpzero.api.distill import distill_predictor
    from lpzero.api.enumeration import enumerate_formulas
    from lpzero.api.evolve import evolve
    from lpzero.api.evolve_choices import evolve_choices
    from lpzero.api.explain import explain
    from lpzero.api.frame import frame
    from lpzero.api.gate import gate
    from lpzero.api.leave_one_out import leave_one_out
    from lpzero.api.plugins import list_plugins
    from lpzero.api.predict import fit_predictor, predict
    from lpzero.api.predictor import evaluate_predictor, predictor_curve
    from lpzero.api.principles import check_principles, mine_principles
    from lpzero.api.principles_adapt import adapt_principles
    from lpzero.api.principles_ask import ask_principles
    from lpzero.api.principles_transfer import transfer_principles
    from lpzero.api.proxy import Proxy
    from lpzero.api.proxy_search import ProxySearch
    from lpzero.api.rank import rank
    from lpzero.api.report import report
    from lpzero.api.runs import list_runs
    from lpzero.api.score import score, score_models
    from lpzero.api.search import search
    from lpzero.api.suggest import suggest, suggester
    from lpzero.api.transfer import transfer
    from lpzero.engines import Workers
    from lpzero.errors import LpzeroError
    from lpzero.formula import Formula
    from lpzero.formula.parse import parse
    from lpzero.pretrained import register
    from lpzero.proxy import load_proxy
    from lpzero.spaces import get_space
    from lpzero.spaces.architecture import Architecture
    from lpzero.tables import load_table

    __version__: str

# Public name -> the module that defines it.
_EXPORTS = {
    "Architecture": "lpzero.spaces.architecture",
    "Formula": "lpzero.formula",
    "LpzeroError": "lpzero.errors",
    "Proxy": "lpzero.api.proxy",
    "ProxySearch": "lpzero.api.proxy_search",
    "Workers": "lpzero.engines",
    "adapt_principles": "lpzero.api.principles_adapt",
    "ask_principles": "lpzero.api.principles_ask",
    "check_principles": "lpzero.api.principles",
    "compare": "lpzero.api.compare",
    "compress": "lpzero.api.compress",
    "compress_front": "lpzero.api.compress_front",
    "distill_predictor": "lpzero.api.distill",
    "enumerate_formulas": "lpzero.api.enumeration",
    "evaluate_predictor": "lpzero.api.predictor",
    "evolve": "lpzero.api.evolve",
    "evolve_choices": "lpzero.api.evolve_choices",
    "explain": "lpzero.api.explain",
    "fit_predictor": "lpzero.api.predict",
    "frame": "lpzero.api.frame",
    "gate": "lpzero.api.gate",
    "get_space": "lpzero.spaces",
    "leave_one_out": "lpzero.api.leave_one_out",
    "list_plugins": "lpzero.api.plugins",
    "list_runs": "lpzero.api.runs",
    "load_proxy": "lpzero.proxy",
    "load_table": "lpzero.tables",
    "mine_principles": "lpzero.api.principles",
    "parse": "lpzero.formula",
    "predict": "lpzero.api.predict",
    "predictor_curve": "lpzero.api.predictor",
    "rank": "lpzero.api.rank",
    "register": "lpzero.pretrained",
    "report": "lpzero.api.report",
    "score": "lpzero.api.score",
    "score_models": "lpzero.api.score",
    "search": "lpzero.api.search",
    "suggest": "lpzero.api.suggest",
    "suggester": "lpzero.api.suggest",
    "transfer": "lpzero.api.transfer",
    "transfer_principles": "lpzero.api.principles_transfer",
}

__all__ = [
    "Architecture",
    "Formula",
    "LpzeroError",
    "Proxy",
    "ProxySearch",
    "Workers",
    "__version__",
    "adapt_principles",
    "ask_principles",
    "check_principles",
    "compare",
    "compress",
    "compress_front",
    "distill_predictor",
    "enumerate_formulas",
    "evaluate_predictor",
    "evolve",
    "evolve_choices",
    "explain",
    "fit_predictor",
    "frame",
    "gate",
    "get_space",
    "leave_one_out",
    "list_plugins",
    "list_runs",
    "load_proxy",
    "load_table",
    "mine_principles",
    "parse",
    "predict",
    "predictor_curve",
    "rank",
    "register",
    "report",
    "score",
    "score_models",
    "search",
    "suggest",
    "suggester",
    "transfer",
    "transfer_principles",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562); raises AttributeError where there is none of that name."""
    if name == "__version__":
        value: Any = importlib.import_module("importlib.metadata").version("lpzero")
    elif name in _EXPORTS:
        value = getattr(importlib.import_module(_EXPORTS[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The names that are loaded already, and the public ones."""
    return sorted({*globals(), *__all__})
