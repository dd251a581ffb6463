"""A page as one HTML file: style, script, pictures and formulas within, and no address outside it.

Everything is escaped but the elements of pictures and formulas (:mod:`lpzero.reporting.blocks`), which lpzero itself
makes. What the browser may do is said by a content security policy: nothing is loaded,
and the one script that runs is known by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

from lpzero.reporting.blocks import Page, visible
from lpzero.reporting.svg import DARK, LIGHT

LONG = 30
"""Letters of a cell from which on it may have several lines."""
_FOLDER = "page"


def to_html(page: Page) -> str:
    """A page as HTML."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=shown, trim_blocks=True)
    script = _read("page.js")
    style = _read("page.css").replace("{{ light }}", _variables(LIGHT)).replace("{{ dark }}", _variables(DARK))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.from_string(_read("page.html")).render(
        page=page,
        script=Markup(script),  # noqa: S704  (a file of this package)
        style=Markup(style),  # noqa: S704  (likewise)
        script_hash=Markup(f"sha256-{digest}"),  # noqa: S704  (letters of base 64)
        trusted=Markup,
        kind_of=lambda one: type(one).__name__,
        long=lambda cell: Markup(' class="long"') if cell is not None and len(cell) > LONG else "",
        dash=lambda cell: "-" if cell is None else cell,
    )


def _read(name: str) -> str:
    return (resources.files("lpzero.reporting") / _FOLDER / name).read_text(encoding="utf-8")


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"{name}: {colour};" for name, colour in colours.items())
