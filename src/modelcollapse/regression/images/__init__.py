"""Regression on images, some of whose labels another model wrote."""
