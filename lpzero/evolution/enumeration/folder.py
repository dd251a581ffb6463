"""The run folder of an enumeration."""

from __future__ import annotations

from lpzero.evolution.discovery.folder import DiscoveryRunFolder
from lpzero.proxy.discovery import EnumerateResult


class EnumerationRunFolder(DiscoveryRunFolder[EnumerateResult]):
    """The folder of one enumeration; see :class:`lpzero.run_folder.RunFolder`."""

    kind = EnumerateResult
