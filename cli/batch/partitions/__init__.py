"""`-o FOLDER/`: each file of rows becomes a file of results of its own, by several processes if that is wanted.

options    what the options say of it, and what goes with what
targets    which file of results belongs to which file of rows
manifest   what is known of the files of results that are there, and so need not be made again
recording  what is told of one file, counted, and kept until it is clear that it holds
attempt    one file of rows: its results, whole or not at all, by the loop of pipeline.py
runners    processes that attempt files, one at a time each
run        all of them: retries, the manifest, what is told at the end
summary    the table of what became of each
"""
