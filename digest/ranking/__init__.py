"""Ranking: which papers matter to whom, and why. Pure: no clock, no network, no store.

Nothing is imported here: who only parses a profile (``language``) does not wait for the libraries
that score one.
"""
