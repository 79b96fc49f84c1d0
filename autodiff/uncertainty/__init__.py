"""What the uncertainty of the inputs makes of an expression: budgets by derivatives and by trials."""
