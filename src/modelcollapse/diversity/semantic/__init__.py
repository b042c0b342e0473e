"""Diversity of meaning: distances between sentence embeddings."""
