"""Intervals, decisions, claims and their verdicts."""
