"""The mail's templates, compiled once, their CSS inlined once, cut into forms to be filled.

A template rendered with slots in place of what is a subscriber's own is a form: what is a paper's
own is rendered once for all its readers. Pure apart from reading the templates at the start.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from css_inline import CSSInliner, inline_fragment
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from digest.channels.quoted import Form, quoted, slot

WHOLE = ("frame.html", "letter.html")
"""Templates that are whole pages; the others are pieces of one."""

_TAG = re.compile(r"<[a-z][^<>]*>")
_CLASS = re.compile(r' class="([\w ]*)"')

_MARK = re.compile(r"(?<=[\s:])([-+])(?=\S)")
WORD_JOINER = "\u2060"
"""Nothing is seen of it; the profile language leaves it out where a profile is copied from a mail."""

WIDTH = 72
"""Columns of the plain part, URLs excepted: they are never broken."""


def wrap(text: str, indent: str = "") -> str:
    """Text in lines of at most ``WIDTH`` columns; words longer than a line stay whole."""
    room = WIDTH - len(indent)
    if len(text) <= room:
        return indent + text
    text = " ".join(text.split())
    wrapped: list[str] = []
    start = 0
    while len(text) - start > room:
        end = text.rfind(" ", start, start + room + 1)
        end = end if end >= 0 else text.find(" ", start + room)
        if end < 0:
            break
        wrapped.append(text[start:end])
        start = end + 1
    return indent + f"\n{indent}".join([*wrapped, text[start:]])


def hang(text: str, indent: int) -> str:
    """Text that follows ``indent`` columns of something else, its other lines under its first."""
    return wrap(text, " " * indent)[indent:]


@cache
def environment() -> Environment:
    """The templates of the mails, compiled when first used; HTML is escaped, plain text is not."""
    made = Environment(
        loader=PackageLoader("digest", "templates/email"),
        autoescape=select_autoescape(["html"], default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["wrap"] = wrap
    made.filters["hang"] = hang
    return made


@cache
def stylesheet(name: str) -> str:
    loader = environment().loader
    if loader is None:  # pragma: no cover  the environment above always has one
        raise RuntimeError("the mail templates are missing")
    return Markup(loader.get_source(environment(), name)[0].strip())  # noqa: S704  our own file


def rendered(template: str, **values: Any) -> str:
    """A template with its values, and for HTML its CSS inlined."""
    text = environment().get_template(template).render(values)
    if not template.endswith(".html"):
        return text
    if template in WHOLE:
        return whole(text)
    return _lean(inline_fragment(text, stylesheet("inline.css"), minify_css=True)) + "\n"


def whole(page: str) -> str:
    """A whole HTML page with its CSS inlined; the style block of the head stays for the dark scheme."""
    inliner = CSSInliner(
        inline_style_tags=False, keep_style_tags=True, minify_css=True, extra_css=stylesheet("inline.css")
    )
    return _lean(inliner.inline(page)) + "\n"


def _lean(html: str) -> str:
    """Without the classes that have done their work: what the style block does not name is bytes alone."""
    return _TAG.sub(lambda tag: _CLASS.sub(_named_classes, tag.group(), count=1), html)


def _named_classes(attribute: re.Match[str]) -> str:
    named = [name for name in attribute[1].split() if f".{name}" in stylesheet("head.css")]
    return f' class="{" ".join(named)}"' if named else ""


def form(template: str, *slots: str, **values: Any) -> Form:
    """A template's form with the named slots open."""
    holes = {name: Markup(slot(name)) for name in slots}  # noqa: S704  our own private characters
    return Form.of(rendered(template, **values, **holes))


def html_words(text: str) -> bytes:
    """Escaped for a text node as an HTML serialiser does it, and encoded."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return quoted(text if text.isascii() else text.replace("\xa0", "&nbsp;"))


def unbroken(profile: str) -> str:
    """A profile in which no line breaks between a mark and its word: ``-survey`` would read as *survey*."""
    return _MARK.sub(f"\\1{WORD_JOINER}", profile)


def html_profile(text: str) -> bytes:
    return html_words(unbroken(text))


def html_address(url: str) -> bytes:
    """Escaped for a quoted attribute, and encoded."""
    return quoted(url.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;"))


def plain_words(text: str, indent: str = "") -> bytes:
    """Wrapped for the plain part, and encoded."""
    return quoted(wrap(text, indent))
