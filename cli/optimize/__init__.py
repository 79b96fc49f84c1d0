"""What `minimize`, `maximize` and `solve` do with a question: read it, have it answered, report."""
