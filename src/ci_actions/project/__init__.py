"""What a Python project says of itself: its manager, its locks, the interpreters it supports, its environment."""
