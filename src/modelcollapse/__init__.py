"""One engine and one standard of evidence for four papers on model collapse."""
