"""Files of principles: what is read is what was written, and what is wrong is named."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.principles.document import Principles
from lpzero.principles.file import DEEPEST, LARGEST_FILE, check_against, read_principles, write_principles
from lpzero.principles.language.feature import digest_of_space
from lpzero.spaces import get_space

Kept = Callable[[Any], Path]


def test_what_is_written_is_read(document: dict[str, Any], kept: Kept, tmp_path: Path) -> None:
    found = read_principles(kept(document))
    write_principles(tmp_path / "again.json", found)
    assert read_principles(tmp_path / "again.json") == found
    check_against(found, get_space("flexibert"), "file")


def test_toml(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        'schema = "lpzero.principles/1"\n[space]\nname = "flexibert"\n[[principles]]\nid = "deep"\nstatement = "deep"\n'
        'rule = {op = "in", feature = "depth", values = [4]}\n'
    )
    assert [one.id for one in read_principles(path).hard] == ["deep"]


def nested(levels: int) -> str:
    inner = '{"op": "in", "feature": "depth", "values": [4]}'
    rule = '{"op": "not", "rule": ' * levels + inner + "}" * levels
    return (
        '{"schema": "lpzero.principles/1", "space": {"name": "flexibert"}, "principles": '
        f'[{{"id": "deep", "statement": "", "rule": {rule}}}]}}'
    )


BAD: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "operator": (
        lambda d: _rule(d, op="exec"),
        "principle deep: rule: unknown operator 'exec': expected one of in, not_in",
    ),
    "code": (lambda d: _with(d, rule="__import__('os').system('touch x')"), "principle deep: rule: expected"),
    "code as a feature": (lambda d: _rule(d, feature="().__class__"), "rule: unknown feature '().__class__'"),
    "feature": (lambda d: _rule(d, feature="depht"), "principle deep: rule: unknown feature 'depht': expected depth"),
    "value": (lambda d: _rule(d, values=[3]), "principle deep: rule: depth has no value 3: expected 2, 4"),
    "no id": (lambda d: {**d, "principles": [{"statement": ""}]}, "principle number 1: id"),
    "no list": (lambda d: {**d, "principles": {}}, "principles: expected a list"),
    "duplicate ids": (
        lambda d: {**d, "principles": d["principles"] * 2},
        "principle deep: expected each id once, found it twice",
    ),
    "twice a key": (lambda d: json.dumps(d)[:-1] + ', "space": {}}', "the key 'space' twice"),
    "10,000 levels": (lambda d: nested(10_000), ""),
    "more levels than are read": (lambda d: nested(DEEPEST), f"at most {DEEPEST} levels"),
    "10 MB": (lambda d: json.dumps(d) + " " * 10_000_000, f"more than {LARGEST_FILE} bytes"),
    "many parts": (lambda d: {**d, "principles": [[]] * 25_000}, "parts"),
    "many principles": (lambda d: {**d, "principles": d["principles"] * 300}, "at most 256, found 300"),
    "another schema": (lambda d: {**d, "schema": "lpzero.principles/2"}, "schema"),
    "another space": (lambda d: {**d, "space": {"name": "gpt2"}}, "space.name: expected flexibert, found 'gpt2'"),
    "another hash": (lambda d: {**d, "space": {"name": "flexibert", "digest": "0" * 64}}, "space.digest: expected"),
    "a hash that is none": (lambda d: {**d, "space": {"name": "flexibert", "digest": "0"}}, "space.digest"),
    "aliases": (lambda d: "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "expected a file of principles"),
    "a list": (lambda d: [], "expected a JSON object, found list"),
    "nothing": (lambda d: "", "expected a file of principles"),
}


def _with(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**document, "principles": [{**document["principles"][0], **more}]}


def _rule(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _with(document, rule={**document["principles"][0]["rule"], **more})


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_within_a_second(name: str, document: dict[str, Any], kept: Kept) -> None:
    make, message = BAD[name]
    path, started = kept(make(document)), time.process_time()
    with pytest.raises(InputError) as raised:
        check_against(read_principles(path), get_space("flexibert"), path)
    assert time.process_time() - started < 1.0
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)
    assert str(raised.value).isprintable()


def test_toml_of_many_levels(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f"principles = {'[' * 10_000}{']' * 10_000}")
    with pytest.raises(InputError, match="expected"):
        read_principles(path)
    path.write_text(f"{'a.' * 5000}b = 1")
    with pytest.raises(InputError, match="dots"):
        read_principles(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_principles(tmp_path / "none.json")


def test_a_space_with_other_choices_is_another_space(document: dict[str, Any]) -> None:
    """The same name: the scale of hwgpt decides the choices."""
    small = get_space("hwgpt", "s")
    space = {"name": "hwgpt", "protocol": "s", "digest": digest_of_space(small)}
    found = Principles.model_validate({**document, "space": space, "principles": []})
    check_against(found, small, "file")
    with pytest.raises(InputError, match=r"^file: space\.digest: expected .*, protocol m, found .*, protocol s: mine"):
        check_against(found, get_space("hwgpt", "m"), "file")
