"""The keys that tests sign and fingerprint with."""

from digest.tokens import Keys

KEYS = Keys((b"a secret key for tests only",))
