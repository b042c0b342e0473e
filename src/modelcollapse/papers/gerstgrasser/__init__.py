"""Gerstgrasser et al. (COLM 2024) and its sequel, Kazdan et al. (ICML 2025)."""
