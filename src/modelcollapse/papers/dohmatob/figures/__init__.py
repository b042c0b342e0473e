"""Figures and tables of strong collapse."""
