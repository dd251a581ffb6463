"""The checks, one session each: ``nox -s tests`` runs the tests, ``nox -l`` lists the rest."""

from __future__ import annotations

import os
import shutil

import nox

nox.options.sessions = ["tests"]
nox.options.reuse_existing_virtualenvs = True
nox.needs_version = ">=2025.2.9"

PINS = ("-c", "constraints.txt")
TEST_TOOLS = ("hypothesis", "pytest", "pytest-xdist")
TYPE_TOOLS = ("mypy", "types-psutil", "types-PyYAML", "types-tqdm")
DOCS_TOOLS = ("mkdocs", "mkdocstrings[python]")

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
    """Build the documentation into build/docs; a broken link or reference fails."""
    session.install(*PINS, *DOCS_TOOLS)
    session.run("mkdocs", "build", "--strict")


@nox.session(default=False, venv_backend="none", requires=["project"])
def bench(session: nox.Session) -> None:
    """Run the benchmarks that are named: ``nox -s bench -- benchmarks/NAME.py``."""
    if not session.posargs:
        session.error("expected the benchmarks to run: nox -s bench -- benchmarks/NAME.py")
    for path in session.posargs:
        _run_in_project(session, "python", path)
