"""The pinned dependency parser of syntactic diversity: its treebank, training, weights and scores."""
