"""Least squares refitted on its own labels."""
