"""Where the upstream files of a table are on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from lpzero.errors import InputError, MissingError
from lpzero.paths import cache_home
from lpzero.tables.entry import TableEntry
from lpzero.tables.folder import CARD, RECORDS

PROJECT = Path(__file__).resolve().parents[2]


def download_folder() -> Path:
    """The data folder that downloads go to, in the same layout as any other data folder."""
    return cache_home() / "tables"


def data_folders() -> tuple[Path, ...]:
    """The data folders to look in, the first one first.

    ``LPZERO_DATA`` alone where it is set. Else ``../shared/data`` beside a checkout of the project, and then
    the downloads. An installed package has no checkout, so that nothing beside it is taken for data.

    Raises:
        InputError: ``LPZERO_DATA`` names the home of a user that is not there.
    """
    chosen = os.environ.get("LPZERO_DATA")
    if chosen:
        return (expanded(chosen),)
    if (PROJECT / "pyproject.toml").is_file():
        return (PROJECT.parent / "shared" / "data", download_folder())
    return (download_folder(),)


def expanded(path: str) -> Path:
    """A path with ``~`` and ``~user`` replaced; raises InputError where no such user is there."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise InputError(f"{path}: expected the home of a user of this machine, found none: write it out") from error


def bundled_folder(name: str) -> Path:
    """The folder of a table that comes with the package."""
    return Path(__file__).resolve().parent / "bundled" / name


def _present(files: Iterable[str], folder: Path) -> int:
    # Path.is_file would raise where a folder on the way may not be read.
    return sum(os.path.isfile(folder / file) for file in files)  # noqa: PTH113


def find(entry: TableEntry, folders: tuple[Path, ...] | None = None) -> Path | None:
    """The first data folder that holds every file of a table, or None.

    Args:
        entry: The table; one that comes with the package has a folder there.
        folders: Where to look, by default :func:`data_folders`.
    """
    if entry.published is None:
        folder = bundled_folder(entry.name)
        return folder if _present((CARD, RECORDS), folder) == 2 else None
    places = data_folders() if folders is None else folders
    files = entry.published.files
    return next((folder for folder in places if _present(files, folder) == len(files)), None)


def locate(entry: TableEntry, folders: tuple[Path, ...] | None = None) -> Path:
    """Like :func:`find`, for a table that is needed.

    Raises:
        MissingError: No folder holds the whole table. It says how much each place holds, and how to get it.
    """
    places = data_folders() if folders is None else folders
    found = find(entry, places)
    if found is not None or entry.published is None:
        return found or bundled_folder(entry.name)
    files = entry.published.files
    fullest = max(places, key=lambda folder: _present(files, folder))
    lacking = next(file for file in files if not os.path.isfile(fullest / file))  # noqa: PTH113
    looked = ", ".join(f"{_present(files, folder)} in {folder}" for folder in places)
    advice = f"run `lpzero tables fetch {entry.name}`"
    if download_folder() not in places:
        instead = "leave LPZERO_DATA unset" if folders is None else "name no data folder"
        advice += f" and {instead}, or put the files there"
    raise MissingError(
        f"table {entry.name} is not there: expected {len(files)} file(s) such as {lacking}, found {looked}: {advice}"
    )
