"""Programs that we start and did not write: private hash-locked environments, and binaries with a pinned digest."""
