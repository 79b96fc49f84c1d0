"""How large a text may be. Apart from the parser, which takes its time to import."""

MAXIMUM_TEXT = 2**23  # characters
