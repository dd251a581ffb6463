"""``lpzero llm cache``: the replies so far."""

from __future__ import annotations

from pathlib import Path

import click

from lpzero.cli.output import as_json, print_grid, print_result


@click.command("cache")
@click.option(
    "--cache-file", type=click.Path(path_type=Path), help="SQLite file of the replies.  [default: in the cache folder]"
)
@click.option("--clear", is_flag=True, help="Remove every reply from the file.")
@as_json
def show_cache(cache_file: Path | None, clear: bool, as_json: bool) -> None:
    """Show which replies are kept: their number, by model, their tokens, and where they lie."""
    from lpzero.llm.cache import CacheFigures, ReplyCache, default_path
    from lpzero.llm.reply import Usage

    path = cache_file or default_path()
    removed, figures = 0, CacheFigures(0, {}, Usage(), 0)
    if path.exists():
        with ReplyCache(path) as cache:
            removed = cache.clear() if clear else 0
            figures = cache.figures()
    tokens = {"input": figures.usage.input, "output": figures.usage.output, "estimated": figures.usage.estimated}
    if as_json:
        from lpzero.cli.printed import CacheShown

        document = {"file": str(path), "tokens": tokens, "removed": removed}
        document |= {name: getattr(figures, name) for name in ("bytes", "replies", "models")}
        print_result(CacheShown.model_validate(document))
        return
    rows: list[list[object]] = [["file", path], ["bytes", figures.bytes], ["replies", figures.replies]]
    rows += [[f"  of {model}", number] for model, number in figures.models.items()]
    rows += [["tokens read", tokens["input"]], ["tokens written", tokens["output"]]]
    print_grid(None, [*rows, ["removed", removed]] if clear else rows)
