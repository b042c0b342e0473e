"""A step: its key, its run, where its outputs are kept, and what is recorded of it."""
