"""What `minimize` and `maximize` do with a question: read it, have it answered, report."""
