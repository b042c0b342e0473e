"""What all simulations share: rows of their tables, draws, and how an experiment is declared."""
