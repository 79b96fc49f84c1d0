"""The program from Python and in notebooks: its calls, which take texts for graphs, and how their results are shown."""
