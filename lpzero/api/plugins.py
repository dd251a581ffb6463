"""What installed packages bring, and what came of loading it."""

from __future__ import annotations

import importlib
from typing import Annotated, Any, Literal

from pydantic import Field

from lpzero import plugins
from lpzero.result import Result
from lpzero.settings import one_line

# Group -> the room that takes it; each says there what it takes, as BROUGHT.
_ROOMS = {
    "spaces": "lpzero.spaces.registry",
    "operands": "lpzero.operands.brought",
    "primitives": "lpzero.formula.brought",
    "metrics": "lpzero.metrics",
    "engines": "lpzero.engines.registry",
    "predictors": "lpzero.predictors.brought",
    "trackers": "lpzero.trackers.registry",
}


class PluginShown(Result):
    """One plug-in: what it is, whose, and why it cannot be used, None where it can."""

    group: str
    name: str
    package: str
    version: str
    state: Literal["loaded", "error"]
    error: str | None


class PluginList(Result):
    """``lpzero plugins``."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    plugins: list[PluginShown]

    def to_json(self) -> dict[str, Any]:
        """The document, its version first."""
        return {"schema": self.schema_, **super().to_json()}


def list_plugins() -> PluginList:
    """Load what installed packages bring, and say of each what came of it: ``lpzero plugins``.

    Nothing is raised for one that cannot be used.

    >>> [one.name for one in list_plugins().plugins if one.package == "no-such-package"]
    []
    """
    rows = []
    for group in plugins.GROUPS:
        if not plugins.installed(group):
            continue
        kind: plugins.Kind[Any] = importlib.import_module(_ROOMS[group]).BROUGHT
        rows += [_shown(loaded) for loaded in plugins.states(kind)]
    return PluginList(plugins=rows)


def _shown(loaded: plugins.Loaded[Any]) -> PluginShown:
    plugin = loaded.plugin
    return PluginShown(
        group=plugin.group,
        name=one_line(plugin.name, 80),
        package=plugin.package,
        version=plugin.version,
        state="error" if loaded.fault else "loaded",
        error=loaded.fault or None,
    )
