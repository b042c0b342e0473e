"""The ground floor every step stands on: files, seeds, device, progress."""
