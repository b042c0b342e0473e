"""Measures of an arm by name: one module each, with ``READS`` (what it needs) and ``measure`` (rows of one seed)."""
