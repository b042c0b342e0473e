"""Measures of meaning by name: one module each, with its declaration `MEASURE`."""
