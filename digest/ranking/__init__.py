"""Ranking: which papers matter to whom, and why. Pure."""
