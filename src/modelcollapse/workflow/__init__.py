"""From a config to the steps of the DAG: which files, settings and modules belong to each; rules and commands ask here."""
