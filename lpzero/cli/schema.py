"""``lpzero schema``: the JSON Schema of what a command prints with ``--json``."""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli.output import print_json
from lpzero.errors import InputError
from lpzero.settings import shorten

if TYPE_CHECKING:
    from pydantic import BaseModel

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_OWN = "lpzero.cli.printed"

# Words of a command -> where the value lies that it prints as JSON: its module, and its name there.
DOCUMENTS = {
    "evolve": ("lpzero.proxy.discovery", "EvolveResult"),
    "evolve-choices": ("lpzero.compression.choices.result", "ChoicesResult"),
    "evolve-leave-one-out": ("lpzero.proxy.leave_one_out", "LeaveOneOutResult"),
    "enumerate": ("lpzero.proxy.discovery", "EnumerateResult"),
    "rank": ("lpzero.proxy.rank", "RankResult"),
    "compare": ("lpzero.proxy.comparison", "CompareResult"),
    "transfer": ("lpzero.proxy.transfer", "TransferResult"),
    "explain": ("lpzero.proxy.explanation", "ExplainResult"),
    "predictor-fit": ("lpzero.predictors.result", "FitResult"),
    "predictor-eval": ("lpzero.predictors.result", "EvalResult"),
    "predictor-curve": ("lpzero.predictors.result", "CurveResult"),
    "predictor-distill": ("lpzero.predictors.result", "DistillResult"),
    "predict": ("lpzero.predictors.result", "PredictResult"),
    "gate": ("lpzero.predictors.gate.result", "GateResult"),
    "suggest": ("lpzero.acquisition.result", "SuggestResult"),
    "search": ("lpzero.nas.result", "SearchResult"),
    "search-schedule": ("lpzero.nas.schedule.result", "ScheduleResult"),
    "score": ("lpzero.scoring.result", "ScoreResult"),
    "score-models": ("lpzero.scoring.result", "ScoresResult"),
    "compress": ("lpzero.compression.result", "CompressResult"),
    "compress-front": ("lpzero.compression.choosing.fronts", "CompressFront"),
    "runs": ("lpzero.reporting.runs", "RunsResult"),
    "build": (_OWN, "ModelBuilt"),
    "tables-list": (_OWN, "TableList"),
    "tables-fetch": (_OWN, "TableFetched"),
    "tables-show": (_OWN, "TableShown"),
    "tables-verify": (_OWN, "TablesVerified"),
    "tables-build": (_OWN, "TableBuilt"),
    "tables-build-sub-networks": (_OWN, "SubNetworksBuilt"),
    "tables-build-choices": (_OWN, "ChoicesBuilt"),
    "tables-import": (_OWN, "TableImported"),
    "spaces-list": (_OWN, "SpaceList"),
    "spaces-show": (_OWN, "SpaceShown"),
    "llm-check": (_OWN, "EndpointChecked"),
    "llm-cost": (_OWN, "CostShown"),
    "llm-cache": (_OWN, "CacheShown"),
    "llm-show-prompt": (_OWN, "PromptShown"),
    "principles-mine": ("lpzero.principles.result", "MineResult"),
    "principles-ask": ("lpzero.principles.result", "AskResult"),
    "principles-check": ("lpzero.principles.result", "CheckResult"),
    "principles-diff": ("lpzero.principles.result", "DiffResult"),
    "principles-transfer": ("lpzero.principles.result", "PrinciplesTransferResult"),
    "principles-show": ("lpzero.principles.document", "Principles"),
    "principles-adapt": ("lpzero.principles.document", "Principles"),
    "plugins": ("lpzero.api.plugins", "PluginList"),
    "doctor": (_OWN, "Findings"),
}


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of what the command NAME prints with --json; without NAME, list the names.

    NAME is the words of a command, joined by hyphens: tables-show.
    """
    if name is None:
        click.echo("\n".join(DOCUMENTS))
        return
    if name not in DOCUMENTS:
        near = get_close_matches(name, DOCUMENTS, n=1)
        hint = f"did you mean {near[0]}?" if near else "lpzero schema lists them"
        raise InputError(f"expected a command that prints JSON, found {shorten(name, 60)}: {hint}")
    print_json(schema_of(name))


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what a command prints; keys that another version adds are allowed in results.

    Args:
        name: One of ``DOCUMENTS``.

    >>> schema_of("tables-fetch")["required"]
    ['name', 'files', 'where']
    """
    module, kind = DOCUMENTS[name]
    model: type[BaseModel] = getattr(importlib.import_module(module), kind)
    return {"$schema": DRAFT, **model.model_json_schema(by_alias=True), "title": f"lpzero {name}"}
