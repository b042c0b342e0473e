"""Lexical measures by name: one module each, with its declaration `MEASURE`."""
