"""Figures and tables of Shumailov et al."""
