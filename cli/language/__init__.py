"""The languages in which explanations speak: the English of each text is its key, and stands where it is said."""
