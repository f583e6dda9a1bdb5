"""What the README and the documents name exists: commands, options, files, make targets; and the reverse."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from digest.cli import root
from tests import reference
from tests.reference import commands

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = [PROJECT / "README.md", *(PROJECT / "docs" / name for name in ("cli.md", "slack.md"))]
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"(?:^|[\s(|]|bin/)digest((?: +[^\s|&;#`]+)*)")  # but not Slack's /digest
QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


TREE = dict(commands(root))


def calls(text: str) -> Iterator[list[str]]:
    """The words after each ``digest`` in code: ``digest collect --day D`` gives ``collect --day D``."""
    for code in [*FENCE.findall(text), *INLINE.findall(FENCE.sub("", text))]:
        for line in code.replace("\\\n", " ").splitlines():
            if not line.lstrip().startswith("#"):
                for call in CALL.findall(QUOTED.sub("TEXT", line)):
                    if words := call.split():
                        yield words


def resolved(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The longest command path the words begin with, and the words after it."""
    path: tuple[str, ...] = ()
    for word in words:
        if (*path, word) not in TREE:
            break
        path = (*path, word)
    return path, words[len(path) :]


def described(path: Path) -> str:
    return str(path.relative_to(PROJECT))


NAMED = [
    pytest.param(words, id=f"{path.name}: digest {' '.join(words)}")
    for path in DOCUMENTS
    for words in calls(path.read_text(encoding="utf-8"))
    if re.fullmatch(r"[a-z][a-z|-]*", words[0])
]


@pytest.mark.parametrize("words", NAMED)
def test_a_command_that_is_named_exists_with_its_options(words: list[str]) -> None:
    for first in words[0].split("|"):
        path, rest = resolved([first, *words[1:]])
        assert path, f"there is no command `digest {first}`"
        command = TREE[path]
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        known |= {option for parameter in root.params for option in parameter.opts} | {"--help", "-h"}
        named = {word.split("=")[0].strip("[]") for word in rest if word.strip("[").startswith("-")}
        assert named <= known, f"digest {' '.join(path)} has no {named - known}"
        assert not isinstance(command, click.Group) or not rest or rest[0].startswith(("-", "…", "[")), (
            f"digest {' '.join(path)} has no command {rest[0]}"
        )


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_command_has_help_and_is_documented(path: tuple[str, ...]) -> None:
    text = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    written = {resolved(words)[0] for words in calls(text)}

    assert TREE[path].help, f"digest {' '.join(path)} has no help"
    assert path in {found[: len(path)] for found in written}, f"`digest {' '.join(path)}` is in no document"


def test_the_command_reference_is_what_the_commands_say() -> None:
    written = reference.DOCUMENT.read_text(encoding="utf-8")

    assert reference.document(written) == written, "run `make docs`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=described)
def test_what_a_document_links_to_exists(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith(("#", "mailto:")):
            assert (document.parent / target.partition("#")[0]).exists(), target


def test_make_targets_that_are_named_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for document in [*DOCUMENTS, PROJECT / "CONTRIBUTING.md"]:
        named = set(
            re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", document.read_text(encoding="utf-8"), re.M)
        )
        assert {one or other for one, other in named} <= targets, document.name


def test_pictures_are_small() -> None:
    pictures = list((PROJECT / "docs" / "pictures").glob("*.png"))

    assert pictures
    assert all(picture.stat().st_size < 250_000 for picture in pictures)


def test_the_readme_takes_two_minutes_and_begins_with_the_two_commands() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    first_screen = text[:2500]

    assert len(text.split()) < 900
    assert "make demo" in first_screen
    assert "make test" in first_screen
    assert "![" in first_screen


def test_the_picture_of_the_house_names_every_module_on_the_level_that_is_checked() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told: dict[int, set[str]] = {}
    for level, module in re.findall(r"^\| (\d+) \| `(\w+)(?:/|\.py)` \|", text, re.MULTILINE):
        told.setdefault(int(level), set()).add(module)
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = settings["tool"]["importlinter"]["contracts"]
    checked = [set(re.findall(r"digest\.(\w+)", layer)) for layer in contract["layers"]]
    assert [told[level] for level in sorted(told)] == checked[1:]  # __main__ starts the first
    there = {path.stem for path in (PROJECT / "digest").iterdir()} - {"__init__", "__main__", "__pycache__"}
    assert there - set().union(*checked) <= {"py", "templates"}
