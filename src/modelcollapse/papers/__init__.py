"""One folder per paper: settings, experiments, quantities, figures and tables."""
