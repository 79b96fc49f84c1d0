"""A pool of worker processes: how it is started, talked to and ended."""
