"""What is wrong with a text, and the cure."""
