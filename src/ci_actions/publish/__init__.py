"""Releases of this repository: planned, made, checked, published and retracted, by its maintainers."""
