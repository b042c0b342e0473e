"""The engine: regimes, training, sampling and scoring of language models."""
