"""Replaced and accumulated data in regressions and densities, beside their closed forms."""
