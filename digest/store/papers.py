"""Papers and their earlier revisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, tuple_, update
from sqlalchemy.orm import Session

from digest.model import Organisation, Paper
from digest.store.schema import PaperRow, RevisionRow
from digest.store.upserts import portions, upsert

COLUMNS: tuple[Any, ...] = (
    PaperRow.id,
    PaperRow.revision,
    PaperRow.title,
    PaperRow.abstract,
    PaperRow.source_title,
    PaperRow.source_abstract,
    PaperRow.authors,
    PaperRow.organisation_name,
    PaperRow.organisation_title,
    PaperRow.published_at,
    PaperRow.short_summary,
    PaperRow.source_keywords,
    PaperRow.project_url,
    PaperRow.code_url,
    PaperRow.code_stars,
    PaperRow.complete,
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing papers did: papers never seen before, and papers whose content changed."""

    new: tuple[Paper, ...]
    changed: tuple[Paper, ...]


# --- reading ---------------------------------------------------------------------------------


def load(session: Session, ids: Collection[str]) -> dict[str, Paper]:
    """The papers with these ids, as they read now; unknown ids are left out."""
    found: dict[str, Paper] = {}
    for some in portions(sorted(ids)):
        rows = session.execute(select(*COLUMNS).where(PaperRow.id.in_(some)))
        found.update((row.id, paper_of(row)) for row in rows)
    return found


def all_papers(session: Session) -> Iterable[Paper]:
    """Every stored paper, streamed in the order of ids."""
    rows = session.execute(select(*COLUMNS).order_by(PaperRow.id).execution_options(yield_per=1_000))
    return (paper_of(row) for row in rows)


def at_revision(session: Session, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Paper]:
    """Papers as they read at a revision, by (id, revision); what was never stored is left out."""
    now = load(session, {paper_id for paper_id, _ in wanted})
    found = {key: now[key[0]] for key in wanted if key[0] in now and now[key[0]].revision == key[1]}
    missing = sorted(set(wanted) - set(found))
    place = tuple_(RevisionRow.paper_id, RevisionRow.revision)
    for some in portions(missing):
        rows = session.execute(
            select(RevisionRow.paper_id, RevisionRow.revision, RevisionRow.content).where(place.in_(some))
        )
        found.update(((row.paper_id, row.revision), _unpacked(row.content)) for row in rows)
    return found


def paper_of(row: Row[*tuple[Any, ...]]) -> Paper:
    """The paper in a row that holds ``COLUMNS``."""
    return Paper(
        id=row.id,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        organisation=Organisation(row.organisation_name, row.organisation_title or row.organisation_name)
        if row.organisation_name
        else None,
        published_at=row.published_at,
        short_summary=row.short_summary,
        source_keywords=tuple(row.source_keywords),
        project_url=row.project_url,
        code_url=row.code_url,
        code_stars=row.code_stars,
        complete=row.complete,
        source_title=row.source_title,
        source_abstract=row.source_abstract,
        revision=row.revision,
    )


# --- storing ---------------------------------------------------------------------------------


def store(session: Session, papers: Sequence[Paper], *, now: datetime) -> Stored:
    """Store papers as they came: new ones added, known ones merged, the same again left alone.

    Called inside a transaction that holds the arrival counter, which keeps other writers out.
    """
    prints = {paper.id: fingerprint(paper) for paper in papers}
    known = _seen(session, prints.keys())
    new = [paper for paper in papers if paper.id not in known]
    _insert(session, new, prints, now)
    differing = [paper for paper in papers if paper.id in known and known[paper.id] != prints[paper.id]]
    changed = _merge(session, differing, prints, now)
    return Stored(tuple(new), changed)


def fingerprint(paper: Paper) -> str:
    """Tells whether a paper came exactly as it came last time."""
    words = "\x1f".join(map(str, _values(paper).values()))
    return blake2b(words.encode(), digest_size=16).hexdigest()


def merged(stored: Paper, came: Paper) -> Paper:
    """What is known of a paper after it came again.

    What an answer leaves out deletes nothing, and an incomplete answer changes no complete paper. The
    revision grows when the content changes: title, abstract, authors, organisation or links; stars,
    keywords and the source's own summary are not content.
    """
    stars = stored.code_stars if came.code_stars is None else came.code_stars
    if stored.complete and not came.complete:
        return replace(stored, code_stars=stars)
    result = replace(
        stored,
        title=came.title or stored.title,
        abstract=came.abstract or stored.abstract,
        authors=came.authors or stored.authors,
        organisation=came.organisation or stored.organisation,
        published_at=came.published_at or stored.published_at,
        short_summary=came.short_summary or stored.short_summary,
        source_keywords=came.source_keywords or stored.source_keywords,
        project_url=came.project_url or stored.project_url,
        code_url=came.code_url or stored.code_url,
        code_stars=stars,
        complete=stored.complete or came.complete,
        source_title=came.source_title or stored.source_title,
        source_abstract=came.source_abstract or stored.source_abstract,
    )
    return result if _content(result) == _content(stored) else replace(result, revision=stored.revision + 1)


def _content(paper: Paper) -> tuple[object, ...]:
    return (
        paper.title,
        paper.abstract,
        paper.authors,
        paper.organisation,
        paper.project_url,
        paper.code_url,
    )


def _seen(session: Session, ids: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in portions(sorted(ids)):
        rows = session.execute(select(PaperRow.id, PaperRow.seen).where(PaperRow.id.in_(some)))
        found.update((row.id, row.seen) for row in rows)
    return found


def _insert(session: Session, papers: Sequence[Paper], prints: dict[str, str], now: datetime) -> None:
    if papers:
        rows = [
            _values(paper) | {"seen": prints[paper.id], "first_seen_at": now, "changed_at": now}
            for paper in papers
        ]
        session.execute(insert(PaperRow), rows)


def _merge(
    session: Session, papers: Sequence[Paper], prints: dict[str, str], now: datetime
) -> tuple[Paper, ...]:
    """Merge papers that came differently; return those whose content changed."""
    before = load(session, [paper.id for paper in papers])
    after = [merged(before[paper.id], paper) for paper in papers]
    changed = tuple(paper for paper in after if paper.revision != before[paper.id].revision)
    _keep_revisions(session, [before[paper.id] for paper in changed], now)
    _update(session, after, prints)
    if changed:
        ids = [paper.id for paper in changed]
        session.execute(update(PaperRow).where(PaperRow.id.in_(ids)).values(changed_at=now))
    return changed


def _update(session: Session, papers: Sequence[Paper], prints: dict[str, str]) -> None:
    rows = [_values(paper) | {"row_id": paper.id, "seen": prints[paper.id]} for paper in papers]
    for row in rows:
        del row["id"]
    if rows:
        session.connection().execute(update(PaperRow).where(PaperRow.id == bindparam("row_id")), rows)


def _keep_revisions(session: Session, papers: Sequence[Paper], now: datetime) -> None:
    if papers:
        rows = [
            {
                "paper_id": paper.id,
                "revision": paper.revision,
                "content": _packed(paper),
                "replaced_at": now,
            }
            for paper in papers
        ]
        session.execute(upsert(session, RevisionRow).on_conflict_do_nothing(), rows)


def _values(paper: Paper) -> dict[str, Any]:
    organisation = paper.organisation
    return {
        "id": paper.id,
        "revision": paper.revision,
        "title": paper.title,
        "abstract": paper.abstract,
        "source_title": paper.source_title,
        "source_abstract": paper.source_abstract,
        "authors": list(paper.authors),
        "organisation_name": organisation.name if organisation else None,
        "organisation_title": organisation.title if organisation else None,
        "published_at": paper.published_at,
        "short_summary": paper.short_summary,
        "source_keywords": list(paper.source_keywords),
        "project_url": paper.project_url,
        "code_url": paper.code_url,
        "code_stars": paper.code_stars,
        "complete": paper.complete,
    }


def _packed(paper: Paper) -> dict[str, Any]:
    published = paper.published_at.isoformat() if paper.published_at else None
    return asdict(paper) | {"published_at": published}


def _unpacked(content: dict[str, Any]) -> Paper:
    organisation, published = content["organisation"], content["published_at"]
    return Paper(
        **content
        | {
            "authors": tuple(content["authors"]),
            "source_keywords": tuple(content["source_keywords"]),
            "organisation": Organisation(**organisation) if organisation else None,
            "published_at": datetime.fromisoformat(published) if published else None,
        }
    )
