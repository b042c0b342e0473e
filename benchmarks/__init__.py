"""Speed beside the peers: `make bench` prints the tables."""
