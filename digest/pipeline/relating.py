"""Keeps what keywords are related to: learnt by one process, read by all others until the space changes.

Losing it costs time only: what is missing or damaged is learnt again.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.errors import StoreBusy
from digest.logs import logger
from digest.model import Profile
from digest.ranking.corpus import Corpus
from digest.store import relations
from digest.store.database import transaction


def recall(session: Session, corpus: Corpus, asking: Iterable[Profile]) -> None:
    """Have in memory what the store keeps of what these profiles' keywords are related to."""
    if corpus.space is None:
        return
    unknown = corpus.kin.unknown(asking)
    damaged = corpus.kin.recall(relations.load(session, corpus.space.mark, unknown)) if unknown else []
    if damaged:
        logger().warning("relations learnt anew", keywords=len(damaged), reason="the bytes kept are damaged")


def keep(engine: Engine, corpus: Corpus) -> None:
    """Keep what was learnt since the last time."""
    learnt = corpus.kin.take_learnt()
    if not learnt or corpus.space is None:
        return
    try:
        with transaction(engine) as session:
            relations.save(session, corpus.space.mark, learnt)
    except StoreBusy as error:
        logger().info("relations not kept", keywords=len(learnt), reason=str(error))
