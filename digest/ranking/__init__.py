"""Ranking: which papers matter to whom, and why. Pure: no clock, no network, no store."""

from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.corpus import Corpus, CorpusFormatError
from digest.ranking.language import format_keyword, format_profile, parse_profile
from digest.ranking.rank import DEFAULT_LIMIT, judge, rank

__all__ = [
    "DEFAULT_BAR",
    "DEFAULT_LIMIT",
    "Corpus",
    "CorpusFormatError",
    "format_keyword",
    "format_profile",
    "judge",
    "parse_profile",
    "rank",
]
