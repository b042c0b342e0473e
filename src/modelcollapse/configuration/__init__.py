"""The config files: one schema, validation, the key table."""
