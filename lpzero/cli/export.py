"""``lpzero export``: a proxy in another language."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lpzero.cli import completion
from lpzero.errors import InputError, LpzeroError, unknown_name


@click.command()
@click.argument("proxy", shell_complete=completion.proxies)
@click.option("--format", "format_", default="text", show_default=True, help="text, sympy, latex, python or json.")
@click.option("--name", help="Name of the proxy in a JSON file.  [default: the one it has]")
@click.option("--output", type=click.Path(path_type=Path), help="A file that does not exist yet.  [default: stdout]")
def export(proxy: str, format_: str, name: str | None, output: Path | None) -> None:
    """Write PROXY as text, sympy, LaTeX, PyTorch or JSON.

    PROXY is a formula, the name of a shipped proxy, a proxy file, or the folder of a finished run. The sympy format is
    what sympy.srepr prints; the python format is a module that needs torch alone; the JSON of a finished run is a proxy
    file with where the formula comes from and what it reached.
    """
    from lpzero.formula.export import FORMATS, export_formula
    from lpzero.proxy import load_proxy
    from lpzero.proxy.provenance import BEST, proxy_document

    if format_ not in FORMATS:
        raise unknown_name("format", format_, FORMATS)
    loaded = load_proxy(proxy)
    if loaded.formula is None:
        raise InputError(f"{loaded.name} is a coded metric, not a formula: it has no other form than its code")
    if name is not None and format_ != "json":
        raise InputError(f"--name has no effect on the format {format_}: only JSON has a name")
    # best.json itself stands for its run
    run = Path(proxy).parent if Path(proxy).name == BEST else Path(proxy)
    if format_ == "json" and (run / BEST).is_file():
        text = json.dumps(proxy_document(run, name or loaded.name), indent=2)
    else:
        text = export_formula(
            loaded.formula,
            format_,
            name=name or loaded.name,
            higher_is_better=loaded.higher_is_better,
            paper=loaded.paper,
        )
        if format_ == "json":
            known: dict[str, object] = {"note": loaded.note} if loaded.note else {}
            if loaded.provenance is not None:
                known["found"] = loaded.provenance.model_dump()
            text = json.dumps({**json.loads(text), **known}, indent=2)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else text + "\n")
    except FileExistsError:
        raise InputError(f"{output} exists and is left as it is: give another --output") from None
    except OSError as err:
        raise LpzeroError(f"{output} cannot be written: {err}") from err
