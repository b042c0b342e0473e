"""Diversity of syntax: kernels between dependency trees."""
