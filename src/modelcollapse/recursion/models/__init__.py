"""Language models: the network, its files, published weights."""
