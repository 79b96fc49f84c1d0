"""One evaluation explained step by step: the steps as plain data, their wording, and a writer for each format."""
