"""Dohmatob et al. (ICLR 2025)."""
