"""The way everybody makes a mail: one template rendered per subscriber, one ``EmailMessage``.

It is what the assembled mail must be equal to, part by part, and what the benchmark compares with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

from markupsafe import Markup

from digest.account_wording import account_line, plural
from digest.channels import digest_lines, entry_lines, lines, paper_lines
from digest.channels.reason_pieces import html_group, text_group
from digest.channels.stationery import environment, stylesheet, unbroken, whole, wrap
from digest.model import Digest, Entry, Paper, Sheet
from digest.wording import points, reason_groups

POLICY = policy.SMTP.clone(max_line_length=998)


def message(sheet: Sheet, *, sender: str, postal: str, sentences: int = 2, inline: bool = True) -> bytes:
    """The mail made by templates and the standard library; ``inline``: its CSS as well."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender
    mail["To"] = sheet.address
    mail["Subject"] = lines.tell(sheet).subject
    mail["Date"] = format_datetime(sheet.message_date)
    mail["Message-ID"] = sheet.message_id
    mail["List-Unsubscribe"] = f"<{sheet.links.one_click}>, <mailto:{sheet.links.unsubscribe_mailto}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(page(sheet, "txt", postal, sentences), cte="quoted-printable")
    html = page(sheet, "html", postal, sentences)
    mail.add_alternative(whole(html) if inline else html, subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def page(sheet: Sheet, kind: str, postal: str, sentences: int) -> str:
    digest, told = sheet.digest, lines.tell(sheet)
    shown: Callable[[str], str] = wrap if kind == "txt" else str
    kept: Callable[[str], str] = wrap if kind == "txt" else unbroken
    return _render(
        f"frame.{kind}",
        preheader=told.preheader,
        day=told.day,
        summary=shown(digest_lines.summary(digest)),
        body=_joined(_body(sheet, kind, sentences), kind),
        account=shown(account_line(digest.account, digest.timezone)),
        profiles=_joined(
            (_small(kind, kept(digest_lines.profile_line(one))) for one in digest.sections), kind
        ),
        next=digest_lines.next_line(digest),
        page=sheet.links.digest_page,
        preferences=sheet.links.preferences,
        pause=sheet.links.pause,
        unsubscribe=sheet.links.unsubscribe,
        postal=postal,
        head_css=stylesheet("head.css"),
    )


def _render(template: str, **values: object) -> str:
    return environment().get_template(template).render(values)


def _joined(pieces: Iterator[str], kind: str) -> str:
    """Every inlined piece of HTML ends in a line end of its own."""
    return Markup("".join(f"{piece}\n" for piece in pieces)) if kind == "html" else "".join(pieces)


def _small(kind: str, text: str) -> str:
    return _render(f"small.{kind}", text=text)


def _body(sheet: Sheet, kind: str, sentences: int) -> Iterator[str]:
    digest = sheet.digest
    shown: Callable[[str], str] = wrap if kind == "txt" else str
    opening = digest_lines.intro(digest) if digest.entries else digest_lines.empty_line(digest)
    if opening:
        yield _render(f"paragraph.{kind}", text=shown(opening))
    if not digest.entries:
        yield from _misses(digest, kind)
    for section in digest.sections:
        if section.entries:
            count = plural(len(section.entries), "paper")
            yield _render(f"section.{kind}", name=digest_lines.profile_name(section), count=count)
            for entry in section.entries:
                yield _entry(sheet, entry, sheet.papers[entry.paper_id], kind, sentences)


def _misses(digest: Digest, kind: str) -> Iterator[str]:
    count = plural(len(digest.account.near_misses), "paper")
    yield _render(f"section.{kind}", name="These came closest", count=count)
    for miss in digest.account.near_misses:
        yield _render(
            f"miss.{kind}",
            title=miss.title,
            score=_figure(points(miss.score), kind),
            bar=digest_lines.miss_line(miss),
            url=paper_lines.paper_url(miss.paper_id),
        )


def _entry(sheet: Sheet, entry: Entry, paper: Paper, kind: str, sentences: int) -> str:
    mark, since = entry_lines.mark_label(entry)
    return _render(
        f"entry.{kind}",
        score=_figure(entry_lines.figure(entry), kind),
        why=_why_html(entry) if kind == "html" else _why_text(entry),
        feedback=sheet.links.feedback,
        mark=mark,
        since=since,
        votes=entry_lines.votes(entry),
        **of_paper(paper, entry.code_stars, sentences),
    )


def _figure(score: str, kind: str) -> str:
    return score if kind == "html" else f"{score:>4}  "


def _why_html(entry: Entry) -> str:
    told = [Markup(html_group(group)) for group in reason_groups(entry.score)]
    return Markup(" · ").join([*told, *filter(None, [entry_lines.also(entry)])])


def _why_text(entry: Entry) -> str:
    told = [text_group(group) for group in reason_groups(entry.score)]
    if told:
        told[0] = " " * 6 + "Why" + told[0][9:]
    also = entry_lines.also(entry)
    return "".join([*told, wrap(also, " " * 19) + "\n"] if also else told)


@lru_cache(maxsize=1000)
def of_paper(paper: Paper, stars: int | None, sentences: int) -> dict[str, object]:
    """What is the same for all subscribers; remembered, so that only templates and MIME are compared."""
    return {
        "id": paper_lines.paper_path(paper.id),
        "url": paper_lines.paper_url(paper.id),
        "title": paper_lines.title(paper),
        "byline": paper_lines.byline(paper),
        "excerpt": paper_lines.excerpt(paper, sentences),
        "links": paper_lines.paper_links(paper, stars),
    }
