"""A page as HTML: escaped, closed to the outside, and what a real browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lpzero.reporting.blocks import Article, Code, Facts, Formula, Grid, Page, Picture, Section, Text
from lpzero.reporting.html import to_html
from lpzero.reporting.pictures import Interval, intervals
from lpzero.reporting.report import page_of
from lpzero.reporting.svg import to_svg
from tests.reporting.conftest import HOSTILE, RUNS

VOID = {"meta", "br", "img", "input", "link", "hr"}


class _Document(HTMLParser):
    """Elements, ids, references and texts, and that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]


def _hostile() -> Page:
    picture = Picture(HOSTILE, HOSTILE, to_svg(intervals([Interval(HOSTILE, 0.5)], "tau-a"), "p"))
    blocks = [
        Text(HOSTILE, warning=True),
        Facts({HOSTILE: HOSTILE}),
        Grid(HOSTILE, [HOSTILE, "b"], [[HOSTILE, HOSTILE], [None, "x" * 50]], worked=True, marked=frozenset({0})),
        picture,
        Formula(HOSTILE),
        Code(HOSTILE),
    ]
    article = Article(HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, [Section(HOSTILE, blocks)])
    return Page(HOSTILE, "0", Section(HOSTILE, blocks), [article])


def test_texts_of_anybody_are_texts() -> None:
    text = to_html(_hostile())
    document = _Document(text)
    assert document.names.count("script") == 1
    assert "img" not in document.names
    assert not [name for _, name, _ in document.attributes if name.startswith("on")]
    assert not set(text) & {"\x00", "\x1b", "\u202e"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    # what a template would compute stands as it was
    assert "{{7*7}}" in text


@pytest.fixture(scope="module")
def every() -> str:
    """The page of all recorded runs."""
    return to_html(page_of([path for path in sorted(RUNS.iterdir()) if path.suffix not in (".npz", ".toml")]))


@pytest.fixture(scope="module")
def evolved() -> str:
    """The page of an evolution."""
    return to_html(page_of([RUNS / "evolve"]))


def test_nothing_is_loaded_and_every_link_leads_somewhere(every: str) -> None:
    document = _Document(every)
    assert "://" not in every
    assert not {"link", "img", "iframe", "object", "embed", "form", "base"} & set(document.names)
    assert document.of("src") == []
    ids = document.of("id")
    assert len(ids) == len(set(ids))
    assert {reference.removeprefix("#") for reference in document.of("href")} <= set(ids)
    names = document.of("aria-labelledby")
    assert {one for name in names for one in name.split()} <= set(ids)
    # landmarks of one kind are told apart by their names
    assert len(names) == len(set(names))
    regions = [
        value for tag, name, value in document.attributes if (tag, name) == ("div", "aria-label") and ": " in value
    ]
    assert len(regions) == len(set(regions))


def test_the_script_is_the_one_that_the_policy_names(runs: Path) -> None:
    text = to_html(page_of([runs / "principles.json"]))
    found = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'")


def test_a_reader_finds_landmarks_headings_and_names(runs: Path) -> None:
    document = _Document(to_html(page_of([runs / "evolve", runs / "search"])))
    for name in ("header", "nav", "main", "footer", "h1"):
        assert document.names.count(name) == 1, name
    levels = [int(name[1]) for name in document.names if re.fullmatch(r"h[1-6]", name)]
    # no level is left out
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert document.names.count("figure") == document.names.count("figcaption") > 5
    assert document.names.count("table") == document.names.count("caption")
    drawings = [value for tag, name, value in document.attributes if (tag, name) == ("div", "aria-label") and value]
    assert len(drawings) > document.names.count("figure")


@pytest.fixture
def opened(browser: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """Opens a page in a real browser; anything on its console, and any request but for the page, is a failure."""
    said: list[str] = []

    def show(text: str, **how: Any) -> Any:
        file = tmp_path / "page.html"
        file.write_text(text, encoding="utf-8")
        page = browser.new_page(**how)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda asked: said.append(asked.url) if asked.url != file.as_uri() else None)
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(file.as_uri())
        request.addfinalizer(page.close)
        return page

    yield show
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_every_picture_and_nothing_on_its_console(opened: Any, every: str, scheme: str) -> None:
    page = opened(every, color_scheme=scheme)
    boxes = page.evaluate("[...document.querySelectorAll('svg')].map(e => [e.clientWidth, e.clientHeight])")
    assert len(boxes) == every.count("<figure>") > 30
    assert all(width > 200 and height > 80 for width, height in boxes)
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 29)"}[scheme]
    # formulas are shown as such
    assert page.evaluate("document.querySelector('math').getBoundingClientRect().height") > 15


def test_a_phone_scrolls_down_alone(opened: Any, every: str) -> None:
    page = opened(every, viewport={"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 380


def test_hostile_names_do_nothing(opened: Any) -> None:
    page = opened(to_html(_hostile()))
    assert page.title().startswith("<script>alert(1)</script>")


def test_rows_are_sorted_and_hidden_by_the_keyboard(opened: Any) -> None:
    rows = [["a", "10"], ["b", "-2.5"], ["c", None], ["d", "1,200"]]
    grid = Grid("numbers", ["name", "value"], rows, worked=True)
    article = Article("x", "evolve", "finished", {}, [Section("s", [grid])])
    page = opened(to_html(Page("x", "0", None, [article])))

    def shown() -> list[str]:
        return page.evaluate("[...document.querySelectorAll('tbody tr:not([hidden]) th')].map(e => e.textContent)")

    page.focus("thead th:nth-child(2) button")
    page.keyboard.press("Enter")
    assert shown() == ["b", "a", "d", "c"]
    assert page.get_attribute("thead th:nth-child(2)", "aria-sort") == "ascending"
    page.keyboard.press("Space")
    # what is not known stays at the end
    assert shown() == ["d", "a", "b", "c"]
    assert page.get_attribute("thead th:nth-child(2)", "aria-sort") == "descending"
    page.focus(".filter input")
    page.keyboard.type("1")
    assert shown() == ["d", "a"]
    assert page.text_content(".filter output") == "2 of 4"
    page.keyboard.press("Backspace")
    assert len(shown()) == 4


def test_links_inside_the_page_lead_to_what_they_name(opened: Any, evolved: str) -> None:
    page = opened(evolved)
    for link in page.query_selector_all("nav a"):
        link.click()
        assert page.evaluate("document.querySelector(':target h2, :target h3').textContent").startswith(
            link.text_content()
        )


def test_printing_leaves_controls_out(opened: Any, evolved: str) -> None:
    page = opened(evolved)
    page.emulate_media(media="print")
    for selector in (".filter", "nav", ".skip"):
        assert page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).display") == "none"
