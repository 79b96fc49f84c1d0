"""The circuit of an expression as a picture, one format a module."""
