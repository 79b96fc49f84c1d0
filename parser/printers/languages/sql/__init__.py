"""Graphs into SQL: entries of a select list, or a whole statement, in the dialect of a database."""

from backprop.parser.printers.languages.sql.statement import write as write
