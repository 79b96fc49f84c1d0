"""LaTeX as papers and `--to latex` write it, read into the same graph."""
