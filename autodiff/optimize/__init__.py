"""What derivatives are for: the parameters that fit data best, and what is known of them."""
