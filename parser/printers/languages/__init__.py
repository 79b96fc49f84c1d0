"""The languages of code, a file each: how they spell numbers, operators and functions, and frame them."""
