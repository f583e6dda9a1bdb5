"""Feedback: more or less like this, one word per subscriber and paper."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.model import Feedback, FeedbackVerdict
from digest.store.schema import FeedbackRow
from digest.store.upserts import upsert


def record(session: Session, feedback: Feedback) -> None:
    """Store a word; a later one on the same paper takes its place."""
    values: dict[str, Any] = {
        "subscriber_id": feedback.subscriber_id,
        "paper_id": feedback.paper_id,
        "verdict": feedback.verdict,
        "at": feedback.at,
    }
    session.execute(
        upsert(session, FeedbackRow)
        .values(values)
        .on_conflict_do_update(
            index_elements=["subscriber_id", "paper_id"],
            set_={"verdict": feedback.verdict, "at": feedback.at},
        )
    )


def undo(session: Session, subscriber_id: int, paper_id: str) -> bool:
    """Take a word back; tells whether there was one."""
    done: Any = session.execute(
        delete(FeedbackRow).where(
            FeedbackRow.subscriber_id == subscriber_id, FeedbackRow.paper_id == paper_id
        )
    )
    return bool(done.rowcount)


def clear(session: Session, subscriber_id: int) -> int:
    """Take all of a subscriber's words back; tells how many there were."""
    done: Any = session.execute(delete(FeedbackRow).where(FeedbackRow.subscriber_id == subscriber_id))
    return int(done.rowcount)


def of_subscriber(session: Session, subscriber_id: int) -> list[Feedback]:
    """All a subscriber said, newest first."""
    question = (
        select(FeedbackRow.paper_id, FeedbackRow.verdict, FeedbackRow.at)
        .where(FeedbackRow.subscriber_id == subscriber_id)
        .order_by(FeedbackRow.at.desc(), FeedbackRow.paper_id)
    )
    return [
        Feedback(subscriber_id, row.paper_id, FeedbackVerdict(row.verdict), row.at)
        for row in session.execute(question)
    ]
