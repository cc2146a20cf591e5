"""The commands that are no capability: they may import capabilities."""
