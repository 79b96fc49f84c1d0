"""Renderers of reports, a format a file: each has `write(report, stream, look)`. They compute nothing."""
