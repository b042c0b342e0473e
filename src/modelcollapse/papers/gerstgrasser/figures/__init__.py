"""Figures and tables of replaced and accumulated data."""
