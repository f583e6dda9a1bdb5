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

_SAYING_LITTLE = """
ability able academic access accuracy accurate achieve achieved achieves add additional address advance
advanced advances aim allow allows analysis analyze applied apply argue aspect aspects available average bad
baseline baselines beat beats benefit better big bring brings broad build building builds built call
capabilities capability capture careful case cases cause challenge challenges challenging change changes
choice clean clear close closed collect combine common compare compared comparison competitive complete
complex component components comprehensive conduct consist consistent consistently contain context
contribution core costs cover create creates critical crucial current data dataset datasets day days deep
demand demonstrate demonstrates depend describe design designed despite detail detailed difference different
difficult direct directly diverse domain domains drop easy effect effective effectively effectiveness
efficiency efficient efficiently enable enables enabling end enhance ensure entire essential evaluate
evaluated evaluation evidence example examples exist existing expensive experiment experimental experiments
explore extend extensive extra face fact fail fails failure family fast faster feature features final
finding findings fine fix fixed focus follow form found four framework free frequent full fully fundamental
future gain gains gap general generally give given gives goal great ground group grow half handle hard help
helps hidden high higher highest highlight highly hold hour hours idea identify impact implement important
improve improved improvement improvements improves improving include including increase increasing
independent inherent initial inner input inside insight insights instance instances integrate introduce
introduced introduces investigate issue issues keep kept key kind know known lack large larger largest last
late later lead leading leads learn learned learning learns left length level levels leverage leverages
leveraging limit limitation limitations limited line little local long longer loss lost low lower lowest
main maintain maintaining major manual match matter maximum mean meaning measure measured measures mechanism
member mid million minimal miss mode model modeled modeling models modern module multiple name natural
naturally near necessary need needed needs new next non normal notable note number numbers observe obtain
offer offers old open operate optimal order original outperform outperforms output outputs overall pair
pairs part partial particular parts past people percent perform performance performs piece place plain play
point points poor popular possible post potential power powerful practical practice precise precisely
predict previous primarily primary principle principled prior problem problems procedure process processes
produce produces promising properly property provide provided provides providing public publicly purpose put
quality question questions raise range rare rate rates ratio raw reach reaches ready real reason recently
record reduce reduced reduces reducing relative released reliable reliably rely remain remains remove repeat
replace report require required requirement requires researchers respectively rest result resulting results
reveal reveals rich right rise role room rule run runs scale scales scaling see seen select separate set
sets setting settings shared short shorter show showing shown shows side significant significantly similar
simple simply simultaneously single size sizes slow small smaller smallest solution solutions solve source
space special specific specifically stage stages standard start state states stay step steps straight
strategies strategy strong stronger structure structures substantial substantially success successful suffer
suggest suitable superior support supports surpass system systems table take takes target task tasks team
tell term terms test tested tests third thousand time times today top total track train trained training
treat true turn type types typical typically ubiquitous unclear underlying understand understanding unified
unique unit unlike unseen update user users usual usually valid validate valuable value values variant
variants varied variety vary vast version wide widely word words worse worst worth wrong year years yield
yields zero
""".split()  # noqa: SIM905  a list a person can edit

GENERAL: frozenset[str] = frozenset(_SAYING_LITTLE)
"""Words of any paper of the field: they count where somebody asks for them, but name no kinship alone."""
STOPWORDS: frozenset[str] = frozenset(_FUNCTION) | frozenset(_AROUND_INTERESTS)
"""Folded words that count neither as scattered words of a keyword nor as learnt terms."""
