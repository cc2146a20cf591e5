"""What maintainers of the set run: documentation that follows the declarations, later releases."""
