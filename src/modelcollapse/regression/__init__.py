"""Regressions trained on mixtures of real and synthetic data: theory beside simulation."""
