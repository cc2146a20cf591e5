"""GitHub's workflows and actions as values, each with the line and column it stands at.

For whoever reads a consumer's files: nothing here asks a network, and no file can make it do much work.
"""
