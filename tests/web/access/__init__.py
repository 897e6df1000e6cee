"""Who may open which page: one table for each blueprint, from which the test is made."""
