"""The values that facts, decide and report share."""
