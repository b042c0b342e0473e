"""Regimes, one module each: what the next model trains on. ``modelcollapse.recursion.registry`` finds them by name."""
