"""`ci-actions init`: what a project needs once, to be checked by us: its workflows, or a git hook."""
