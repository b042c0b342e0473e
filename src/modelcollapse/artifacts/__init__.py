"""What a step leaves behind: code hash, key, store, ledger, lineage."""
