"""From an arm's samples and scores to one tidy table of measures."""
