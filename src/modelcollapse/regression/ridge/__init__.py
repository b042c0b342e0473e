"""Ridge regression on mixtures of real and synthetic data: theory and designs."""
