"""Compiled profiles score as the profiles they came from."""

from __future__ import annotations

import numpy as np

from digest.model import Weight
from digest.ranking.packed import columns, compile_profile, top, unit_fingerprint
from digest.ranking.product import kept_out, lacking, pack, raw_scores
from digest.ranking.vocabulary import Vocabulary
from tests.ranking.test_sum import CORPUS, PROFILES, profile


def test_compiled_columns_are_those_of_the_profiles() -> None:
    profiles = [profile(text) for text in PROFILES]
    profiles.append(profile("speech, robot arm^2", weights=(Weight("speech", 1.5), Weight("pawn", -1.0))))
    vocabulary = Vocabulary(CORPUS.relations)
    packed = pack(profiles, vocabulary)
    units = {unit_fingerprint(unit): row for row, unit in enumerate(vocabulary.units)}
    compiled = [compile_profile(one, CORPUS) for one in profiles]
    wanted, excluded, required = columns(compiled, units)
    evidence = np.eye(2 * len(units)).reshape(2, len(units), -1)
    np.testing.assert_allclose(wanted.toarray(), raw_scores(packed, evidence), rtol=1e-6)
    presence = np.eye(len(units), dtype=np.bool_)
    np.testing.assert_array_equal(excluded.toarray() > 0, kept_out(packed, presence))
    asked = required.sum(axis=0)
    np.testing.assert_array_equal(required.toarray() < asked, lacking(packed, presence))


def test_eight_keywords_take_less_than_256_bytes() -> None:
    eight = profile("robot, grasping, speech, image, diffusion, latent, voice, arm")
    assert len(compile_profile(eight, CORPUS)) <= 256


def test_a_keyword_that_no_row_knows_is_left_out() -> None:
    wanted, _, _ = columns([compile_profile(profile("unheard"), CORPUS)], {1: 0})
    assert wanted.nnz == 0


def test_the_best_come_first() -> None:
    places, values = top(np.array([[1.0, 5.0], [3.0, 4.0], [2.0, 6.0]]), 2)
    assert places.tolist() == [[1, 2], [2, 0]]
    assert values.tolist() == [[3.0, 2.0], [6.0, 5.0]]
