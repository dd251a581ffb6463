"""The checks, one session each: ``nox -s tests`` runs the tests, ``nox -l`` lists the rest."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from zipfile import ZipFile

import nox

nox.options.sessions = ["tests"]
nox.options.reuse_existing_virtualenvs = True
nox.needs_version = ">=2025.2.9"

PINS = ("-c", "constraints.txt")
TEST_TOOLS = ("hypothesis", "jsonschema", "pytest", "pytest-xdist")
TYPE_TOOLS = ("mypy", "types-psutil", "types-PyYAML", "types-tqdm")
LOADED_FROM_ELSEWHERE = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>"
)
"""An element of a page that loads what another host has."""
DOCS_TOOLS = ("mkdocs", "mkdocs-material", "mkdocstrings[python]")

LARGEST = 30_000_000
"""Bytes of what is released, at most."""
RELEASED = ("lpzero/proxies/snip.json", "lpzero/tables/bundled/gpt2-own/records.jsonl.gz", "lpzero/py.typed")

ENGINE = "lpzero/formula/*,lpzero/fitness/*,lpzero/evolution/*"
"""What is tested nearly line by line: what runs an evolution."""

# The folder of executables of the environment that `project` has installed; set when that session runs.
_project_bin = ""


@nox.session(default=False)
def project(session: nox.Session) -> None:
    """Install the package and the tools that need its dependencies (torch is big: one copy is enough)."""
    global _project_bin  # noqa: PLW0603  (how one session tells the next where it installed)
    shutil.rmtree("build", ignore_errors=True)  # left-overs there would be packaged again
    session.install(*PINS, ".[ray,llm,gguf,lora]", *TEST_TOOLS, *TYPE_TOOLS)
    _project_bin = session.bin


def _run_in_project(session: nox.Session, program: str, *arguments: str, **environment: str) -> None:
    """Run a program of the environment that `project` installed."""
    path = shutil.which(program, path=_project_bin)
    if path is None:
        session.error(f"expected {program} in {_project_bin}: run nox without --no-install")
    # Tests find the installed script on the search path.
    search = os.pathsep.join([_project_bin, os.environ.get("PATH", "")])
    session.run(path, *arguments, env={"PATH": search, **environment}, external=True)


@nox.session(venv_backend="none", requires=["project"])
def tests(session: nox.Session) -> None:
    """Run the tests and the doctests; arguments behind ``--`` go to pytest."""
    # They run side by side: the threads of each one's linear algebra, in the processes it starts too, would only get
    # into one another's way.
    workers = ("-n", "auto", "--maxprocesses", "8")
    _run_in_project(session, "pytest", *workers, *session.posargs, OMP_NUM_THREADS="1")


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style, and that the code is formatted."""
    session.install(*PINS, "ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(default=False, venv_backend="none", requires=["project"])
def types(session: nox.Session) -> None:
    """Check the types."""
    _run_in_project(session, "mypy", *session.posargs)


@nox.session(default=False)
def layers(session: nox.Session) -> None:
    """Check that imports point to the left only; reads the sources, so it needs nothing installed."""
    session.install(*PINS, "import-linter")
    session.run("lint-imports")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation into build/docs; a broken link or reference fails, and what is loaded from elsewhere."""
    session.install(*PINS, *DOCS_TOOLS)
    session.run("mkdocs", "build", "--strict")
    elsewhere = {
        f"{page}: {found}"
        for page in Path("build/docs").rglob("*.html")
        for found in LOADED_FROM_ELSEWHERE.findall(page.read_text(encoding="utf-8"))
    }
    if elsewhere:
        session.error(f"expected a site that loads nothing from elsewhere, found {', '.join(sorted(elsewhere))}")


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Say how many lines of the package the tests run, in all processes: at least so many of all, and of the engine."""
    session.install(*PINS, "-e", ".[ray,llm,gguf,lora]", *TEST_TOOLS, "coverage")
    tests = ("-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "8", "-p", "no:cacheprovider")
    session.run("coverage", "erase")
    session.run("coverage", "run", *tests, *session.posargs, env={"OMP_NUM_THREADS": "1"})
    session.run("coverage", "combine", "-q")
    session.run("coverage", "report", "--format=total", "--fail-under=90")
    session.run("coverage", "report", "--include", ENGINE, "--skip-covered", "--fail-under=97")


@nox.session(default=False, venv_backend="none", requires=["project"])
def bench(session: nox.Session) -> None:
    """Run the benchmarks that are named: ``nox -s bench -- benchmarks/NAME.py``."""
    if not session.posargs:
        session.error("expected the benchmarks to run: nox -s bench -- benchmarks/NAME.py")
    for path in session.posargs:
        _run_in_project(session, "python", path)


@nox.session(default=False)
def package(session: nox.Session) -> None:
    """Build what is released, look into it, and do the first job of README with it in an empty environment."""
    session.install("build")
    out = Path(session.create_tmp()) / "dist"
    shutil.rmtree(out, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(out))
    (wheel,), (source,) = out.glob("*.whl"), out.glob("*.tar.gz")
    with ZipFile(wheel) as file:
        names = set(file.namelist())
    missing = {name for name in RELEASED if name not in names}
    if missing or max(wheel.stat().st_size, source.stat().st_size) > LARGEST:
        session.error(f"expected {', '.join(RELEASED)} and at most {LARGEST:,} bytes, found {missing or 'more bytes'}")
    session.install(*PINS, str(wheel))
    session.chdir(out)
    run, small = "run", ("--start", "random", "--generations", "2", "--population", "20")
    session.run("lpzero", "evolve", "--table", "gpt2-own", *small, "--output", run)
    session.run("lpzero", "report", run)
    limits = ("--max-params", "1M", "--samples", "5")
    session.run(
        "lpzero", "search", "--space", "gpt2", "--protocol", "own", "--proxy", run, *limits, "--output", "found"
    )
