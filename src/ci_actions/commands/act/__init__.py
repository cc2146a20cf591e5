"""`ci-actions act`: a consumer's workflows on a laptop, with this very version of ours and without GitHub.

act (https://nektosact.com) does not know `$/`, so it gets a tree of its own; what else it stumbles over is said.
"""
