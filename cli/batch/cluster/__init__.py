"""`--scheduler`: the files of a run are the tasks of Dask, which has workers of its own and knows when one is lost."""
