"""The docs and the pages say what is true: settings, commands, audit actions, decisions, words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "interview"
AUDIT_ACTION = re.compile(r"[a-z]{3,}(?:-[a-z]+)*:[a-z]{3,}(?:-[a-z]+)*")
NEVER_ON_PAGES = ("guru", "AI score", "AI decision", "watched 100", "verified quote", "lorem ipsum")


def read(*names: str) -> str:
    return "\n".join((ROOT / name).read_text("utf-8") for name in names)


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "versions" not in path.parts]


def settings_read() -> set[str]:
    """The names that config.py asks its reader for."""
    tree = ast.parse((PACKAGE / "config.py").read_text("utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    first = ((call.func.attr, call.args[0]) for call in calls if call.args)
    return {
        name.value
        for verb, name in first
        if verb in ("text", "whole", "switch") and isinstance(name, ast.Constant) and isinstance(name.value, str)
    }


def commands(group: click.Group, prefix: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name


def audit_actions() -> set[str]:
    """Every constant of the shape room:past-tense that is handed to a call as a word of its own."""
    found = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            arguments = [*node.args, *(word.value for word in node.keywords)] if isinstance(node, ast.Call) else []
            if isinstance(node, ast.Assign):
                arguments = [node.value]
            found |= {
                word.value
                for argument in arguments
                for word in ast.walk(argument)
                if isinstance(word, ast.Constant) and isinstance(word.value, str) and AUDIT_ACTION.fullmatch(word.value)
            }
    return found - {"about:blank", "wsgi:app"}


def test_every_setting_is_in_the_example_and_in_the_docs():
    settings = settings_read()
    assert {"PORT", "DATABASE_URL", "DEMO"} <= settings
    assert settings == set(re.findall(r"^#?([A-Z_]+)=", read(".env.example"), re.MULTILINE))
    assert settings == set(re.findall(r"^\| `([A-Z_]+)`", read("docs/SETTINGS.md"), re.MULTILINE))


def test_every_command_is_in_the_docs(anonymous_app: Flask):
    own = {name for name in commands(anonymous_app.cli) if name.split()[0] not in ("db", "routes", "run", "shell")}
    assert {"audit verify", "people add", "work"} <= own
    told = re.findall(r"^\| `(?!make )([a-z]+(?: [a-z]+)*)", read("docs/COMMANDS.md"), re.MULTILINE)
    assert own == set(told)


def test_every_make_target_is_in_the_docs():
    targets = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE))
    assert {"run", "test"} <= targets
    assert targets == set(re.findall(r"^\| `make ([a-z]+)`", read("docs/COMMANDS.md"), re.MULTILINE))
    assert "make run" in read("README.md")
    assert "make test" in read("README.md", ".ci/run")


def test_every_audit_action_is_in_the_docs():
    actions = audit_actions()
    assert {"scorecard:submitted", "decision:made"} <= actions
    assert actions == set(re.findall(r"^\| `([a-z:-]+)`", read("docs/AUDIT.md"), re.MULTILINE))


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda page: page.stem)
def test_a_decision_is_one_short_page_with_a_number_of_its_own(page: Path):
    lines = page.read_text("utf-8").splitlines()
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+", page.stem)
    assert lines[0].startswith("# ")
    assert len(lines) <= 40
    assert len(list(page.parent.glob(f"{page.stem[:4]}-*"))) == 1


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(module: Path):
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    assert docstring, "no docstring: 1-4 lines on what it is for and what it must not know"
    lines = [line for line in docstring.splitlines() if line.strip()]
    assert len(lines) <= 4


@pytest.mark.parametrize("page", sorted((ROOT / "templates").rglob("*")), ids=lambda path: path.name)
def test_a_page_avoids_the_words_that_the_product_never_uses(page: Path):
    if page.is_file():
        words = page.read_text("utf-8").lower()
        assert not [phrase for phrase in NEVER_ON_PAGES if phrase.lower() in words]


@pytest.fixture
def anonymous_app(tmp_path: Path) -> Flask:
    from interview import config
    from interview.app import create_app

    return create_app(config.load({"DATA_DIR": str(tmp_path), "DEMO": "0"}))
