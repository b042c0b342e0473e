"""Strong collapse simulated beside its theory."""
