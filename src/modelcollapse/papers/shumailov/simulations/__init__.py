"""The paper's theory beside its simulation."""
