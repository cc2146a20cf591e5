"""What capabilities that write to GitHub share: answers that are checked, refusals in words, whose token it is."""
