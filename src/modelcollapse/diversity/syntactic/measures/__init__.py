"""Measures of syntax by name: one module each, with its declaration `MEASURE`."""
