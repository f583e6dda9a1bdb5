"""Words that tell nothing: English function words, and what people write around their interests."""

from __future__ import annotations

_FUNCTION = """
a about above across after again against all almost along also although always am among an and
another any anything are around as at away be became because become been before behind being below
between beyond both but by can cannot could did do does doing done down during each either else etc
even ever every few for from further get gets had has have having he hence her here hers him his how
however i if in instead into is it its itself just least less let like made mainly make makes many
may me might mine more moreover most much must my near neither no nor not now of off often on once
one only onto or other others otherwise our ours out over own per perhaps quite rather s same
several shall she should since so some still such than that the their theirs them then there thereby
therefore these they this those though through throughout thus to together too toward towards under
unless until up upon us very via was we well were what when where whereas whether which while who
whom whose why will with within without would yet you your yours two three first second
""".split()  # noqa: SIM905  a list a person can edit

_AROUND_INTERESTS = """
paper papers article articles research study studies work works topic topics field area areas
interested interest interesting want wanting wants looking look find read reading new newest latest
recent recently novel good best nice stuff things thing anything everything using use used uses
based approach approaches method methods technique techniques related especially particularly
concerning regarding mostly e.g eg i.e ie please show propose proposes proposed present presents
various different able
""".split()  # noqa: SIM905  a list a person can edit

STOPWORDS: frozenset[str] = frozenset(_FUNCTION) | frozenset(_AROUND_INTERESTS)
"""Folded words that count neither as scattered words of a keyword nor as learnt terms."""
