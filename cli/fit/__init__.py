"""`backprop fit`: what is asked of it, the rows that it reads, and what is said while it works."""
