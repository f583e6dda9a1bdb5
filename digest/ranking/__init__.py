"""Ranking: which papers matter to whom, and why. Pure: no clock, no network, no store."""

from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.corpus import Corpus, CorpusFormatError
from digest.ranking.feedback import learn_weights
from digest.ranking.lab import Effect, KeywordReport, Lab, compare, try_profile
from digest.ranking.language import format_keyword, format_profile, parse_profile
from digest.ranking.rank import DEFAULT_LIMIT, judge, rank
from digest.ranking.suggest import suggest

__all__ = [
    "DEFAULT_BAR",
    "DEFAULT_LIMIT",
    "Corpus",
    "CorpusFormatError",
    "Effect",
    "KeywordReport",
    "Lab",
    "compare",
    "format_keyword",
    "format_profile",
    "judge",
    "learn_weights",
    "parse_profile",
    "rank",
    "suggest",
    "try_profile",
]
