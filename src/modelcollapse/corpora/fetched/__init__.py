"""Corpora that others publish: where they are, how they are fetched, and how what was fetched is read again."""
