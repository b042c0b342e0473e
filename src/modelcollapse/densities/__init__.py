"""Toy densities: closed forms beside the simulations that check them."""
