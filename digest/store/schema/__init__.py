"""The tables. Unique constraints carry the rules: what must not happen twice stands here.

Names are the glossary's. Times are UTC (``UtcDateTime``), days and slots are dates. Rows never
leave ``digest.store``: its functions return the values of ``digest.model``.
"""

from digest.store.schema.base import Base
from digest.store.schema.deliveries import (
    AlarmRow,
    AttemptRow,
    CircuitRow,
    DeliveryRow,
    DigestRow,
    EntryRow,
    NoticeRow,
)
from digest.store.schema.slack import SlackInstallationRow, SlackStateRow
from digest.store.schema.source import (
    CorpusRow,
    CounterRow,
    DayRow,
    ExtractRow,
    LimitRow,
    ListingRow,
    ObservationRow,
    PaperRow,
    RawAnswerRow,
    RelationRow,
    RevisionRow,
    SearchRow,
)
from digest.store.schema.subscribers import (
    FeedbackRow,
    ForgottenTermRow,
    ProfileRow,
    SavedRow,
    SignUpRow,
    SubscriberRow,
    SuppressionRow,
    WeightRow,
    WishesRow,
)

__all__ = [
    "AlarmRow",
    "AttemptRow",
    "Base",
    "CircuitRow",
    "CorpusRow",
    "CounterRow",
    "DayRow",
    "DeliveryRow",
    "DigestRow",
    "EntryRow",
    "ExtractRow",
    "FeedbackRow",
    "ForgottenTermRow",
    "LimitRow",
    "ListingRow",
    "NoticeRow",
    "ObservationRow",
    "PaperRow",
    "ProfileRow",
    "RawAnswerRow",
    "RelationRow",
    "RevisionRow",
    "SavedRow",
    "SearchRow",
    "SignUpRow",
    "SlackInstallationRow",
    "SlackStateRow",
    "SubscriberRow",
    "SuppressionRow",
    "WeightRow",
    "WishesRow",
]
