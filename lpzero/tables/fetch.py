"""Download a known table from its pinned upstream commit, every file checked against its SHA-256."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lpzero.errors import LpzeroError, MissingError
from lpzero.progress import Watch, counting, unwatched
from lpzero.tables.catalog import get_entry
from lpzero.tables.load import load_table
from lpzero.tables.locate import bundled_folder, download_folder

if TYPE_CHECKING:
    from pooch import HTTPDownloader, Pooch

TIMEOUT_S = 10.0


def fetch(name: str, *, watch: Watch = unwatched, base: str | None = None) -> Path:
    """Download a table into the cache, file by file.

    A file that is already there with the right checksum is left alone, so that an interrupted download
    resumes. A file appears under its name only when it is whole and its checksum is right.

    Args:
        name: A table of the catalogue; nothing is downloaded for one that comes with the package.
        watch: Told after every file.
        base: Address of a mirror of the pinned upstream folder, with a slash at the end; by default upstream.

    Returns:
        The data folder, which :func:`lpzero.tables.load_table` takes and finds by itself.

    Raises:
        InputError: No table has that name, or the one of the package is damaged.
        MissingError: A file could not be downloaded, or is not the one that was pinned, or not in the package.
        LpzeroError: The cache cannot be written.
    """
    published = get_entry(name).published
    if published is None:
        load_table(name)
        return bundled_folder(name)
    import pooch

    # pooch logs a line a file to stderr
    pooch.get_logger().setLevel("WARNING")
    folder = download_folder()
    files = published.files
    puppy = pooch.create(
        path=folder,
        base_url=base or published.base,
        registry=files,
        urls={file: published.address(file, base) for file in files},
        retry_if_failed=0,
    )
    # The files are small, and a response that is not streamed leaves no connection open when it is an error.
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT_S, stream=False)
    tell = counting(watch, f"fetching {name}", "files")
    for number, file in enumerate(files, start=1):
        _fetch_file(puppy, file, downloader, f"table {name}")
        tell(number, len(files))
    return folder


def _fetch_file(puppy: Pooch, file: str, downloader: HTTPDownloader, place: str) -> None:
    from requests import RequestException

    try:
        puppy.fetch(file, downloader=downloader)
    except (RequestException, ValueError) as error:
        raise MissingError(
            f"{place}: could not download {puppy.get_url(file)}: {_reason(error)}: check the network and the "
            f"proxy settings, or put the upstream files into $LPZERO_DATA, this one as {file}"
        ) from error
    except OSError as error:
        raise LpzeroError(
            f"{place}: expected a cache folder that can be written, found {puppy.abspath}: "
            f"{error.strerror or error}: set LPZERO_HOME to another folder"
        ) from error


def _reason(error: Exception) -> str:
    """What went wrong with a download, in a few words: requests' own texts run over several lines."""
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.Timeout):
        return f"no answer in {TIMEOUT_S:g} s"
    if isinstance(error, exceptions.ProxyError):
        return "the proxy refused or could not be reached"
    if isinstance(error, exceptions.SSLError):
        return "the certificate of the server was not accepted"
    if isinstance(error, exceptions.RequestException):
        return f"no connection, or it broke ({type(error).__name__})"
    return "its SHA-256 is not the pinned one"
