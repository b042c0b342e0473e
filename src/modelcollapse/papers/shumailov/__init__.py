"""Shumailov et al. (Nature 2024)."""
