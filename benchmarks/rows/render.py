"""Rendering and assembling a mail, against a held template with the standard library's message."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable, Sequence
from email.message import EmailMessage

from jinja2 import Template

from benchmarks.harness import Budget, Row, contest
from benchmarks.mail.render import ratio
from benchmarks.sheets import sheets
from digest.model import Sheet

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
    """Mails of ten papers, as ``benchmarks.mail.render`` compares them: equal content, proved by tests."""
    ours, plain, remembering, size = ratio(batch=200, rounds=3)
    made = sheets(20)
    fresh = contest({"": lambda: [fresh_mail(sheet) for sheet in made]}, turns=3)[""] / len(made) * 1e6
    yield Row(
        "render + assemble a mail",
        "µs",
        {
            "ours": round(ours),
            "held template + EmailMessage": round(plain),
            "the same, excerpts remembered": round(remembering),
            "template per mail": round(fresh),
        },
        (Budget("× held template + EmailMessage", plain / ours, 60, 120, at_most=False),),
        f"10 papers, {size // 1000} kB on the wire",
    )


_SOURCES = {"html": HTML, "txt": TEXT}


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
