"""Rendering and assembling a mail, against a held template with the standard library's message."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable, Sequence
from email.message import EmailMessage

from jinja2 import Environment, Template

from benchmarks.harness import Budget, Row, contest, in_unit, times_as_fast
from benchmarks.sheets import sheets
from digest.channels import Sender
from digest.channels.email import EmailChannel
from digest.config import EmailSettings
from digest.model import Sheet

MAILS = 200
HTML = """<!doctype html><html lang="en"><title>{{ subject }}</title><body><h1>{{ day }}</h1>
<p>{{ summary }}</p>
{% for e in entries %}<div style="margin:0 0 1em;font-family:Georgia,serif">
<h2 style="font-size:1.1em;margin:0"><a href="{{ e.url }}" style="color:#1a4f8b">{{ e.title }}</a></h2>
<p style="color:#555;margin:0">{{ e.byline }}</p><p style="margin:.3em 0">{{ e.abstract }}</p>
<p style="color:#555;font-size:.9em">{{ e.why }} <a href="{{ links.feedback }}/{{ e.id }}/more">more</a>
<a href="{{ links.feedback }}/{{ e.id }}/less">less</a></p></div>
{% endfor %}<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p></body></html>"""
TEXT = """{{ day }}
{{ summary }}
{% for e in entries %}
{{ e.title }}
{{ e.byline }}
{{ e.abstract }}
{{ e.why }}
{{ e.url }}
{% endfor %}
Unsubscribe: {{ links.unsubscribe }}
"""


def rows() -> Iterable[Row]:
    """Mails of ten papers. That the decoded parts are those of the plain way is proved in the tests."""
    made = sheets(MAILS)
    ours = EmailChannel(EmailSettings(), _no_sender)
    held = {name: Environment(autoescape=name == "html").from_string(text) for name, text in _SOURCES.items()}
    seconds = contest(
        {
            "ours": lambda: [ours.render(sheet) for sheet in made],
            "held template + EmailMessage": lambda: [held_mail(sheet, held) for sheet in made[:20]],
            "template per mail + EmailMessage": lambda: [fresh_mail(sheet) for sheet in made[:20]],
        },
        turns=3,
    )
    per_mail = {name: value / (MAILS if name == "ours" else 20) for name, value in seconds.items()}
    size = sum(len(ours.render(sheet)) for sheet in made) // MAILS
    yield Row(
        "render + assemble a mail",
        "µs",
        in_unit(per_mail, 1e6),
        (
            Budget(
                "× held template + EmailMessage",
                times_as_fast(per_mail, "ours", "held template + EmailMessage"),
                60,
                120,
                at_most=False,
            ),
        ),
        f"10 papers, {size // 1000} kB on the wire",
    )


_SOURCES = {"html": HTML, "txt": TEXT}


def _no_sender() -> Sender:
    raise RuntimeError("nothing is sent here")


def fresh_mail(sheet: Sheet) -> bytes:
    """A template compiled for each mail, as the existing tools do it."""
    return held_mail(sheet, {"html": Template(HTML, autoescape=True), "txt": Template(TEXT)})


def held_mail(sheet: Sheet, templates: dict[str, Template]) -> bytes:
    """A template held, the message and its encoding by the standard library."""
    values = _values(sheet)
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Daily Papers <digest@example.org>", sheet.address
    message["Subject"], message["Message-ID"] = values["subject"], sheet.message_id
    message["List-Unsubscribe"] = f"<{sheet.links.one_click[:60]}>"
    message.set_content(templates["txt"].render(values))
    message.add_alternative(templates["html"].render(values), subtype="html")
    return message.as_bytes()


def _values(sheet: Sheet) -> dict[str, object]:
    entries: Sequence[dict[str, str]] = [
        {
            "id": entry.paper_id,
            "url": f"https://huggingface.co/papers/{entry.paper_id}",
            "title": paper.title,
            "byline": ", ".join(paper.authors[:3]),
            "abstract": " ".join(paper.abstract.split()[:60]),
            "why": ", ".join(f"{reason.term} {reason.points}" for reason in entry.score.reasons),
        }
        for entry in sheet.digest.entries
        for paper in [sheet.papers[entry.paper_id]]
    ]
    return {
        "subject": f"{len(entries)} papers for you on {sheet.digest.slot}",
        "day": str(sheet.digest.slot),
        "summary": f"{len(entries)} papers",
        "entries": entries,
        "links": sheet.links,
    }
