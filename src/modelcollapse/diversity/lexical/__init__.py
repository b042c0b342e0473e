"""Diversity of words: pooled, per text, between texts, and after compression."""
