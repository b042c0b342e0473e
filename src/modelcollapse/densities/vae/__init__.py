"""A variational autoencoder trained on its own decoder's images."""
