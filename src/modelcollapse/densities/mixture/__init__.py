"""Gaussian mixtures refitted on their own samples."""
