"""Everything that the user gives: argv, the expression, values, files of values, ranges."""
