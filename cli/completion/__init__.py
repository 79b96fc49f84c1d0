"""Completion for shells: what a word of a command line may become, and the scripts that ask for it."""
