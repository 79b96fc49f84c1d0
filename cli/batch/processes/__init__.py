"""The worker pool: processes that answer large blocks of text at the same time, in order and in constant memory.

Modules, from the program's end to the worker's:

    pool        what the loop of pipeline.py sees: submit a block, take the next result; in this process or in workers
    worker      both ends of one worker, and how workers are started
    token_ring  whose turn it is to write
    channel     messages and descriptors between the program and a worker
    prestart    workers that are started before the question is read, by a guess
    resources   threads and memory of a process that works on rows

How a block goes: the program cuts it and copies it into memory that it shares with the next worker in the round (no
pipe, no pickle), the worker answers it and, when it has the token, writes the output itself into the descriptor that it
got once. The program only hears what there is to tell of the rows. So the program's one thread does nothing for every
row but find where records end, output crosses no process, and memory is bounded: each worker has at most QUEUED_BLOCKS
blocks.

How workers start: one process is forked before NumPy and polars are imported, imports them, and forks into all workers.
That costs the time and the memory of one import, which runs while the program reads the question, and polars has no
thread yet that a fork would lose.

Why it is there: a million rows of CSV with polars on two cores, whole processes, interleaved within a round. In one
round the pool took 0.98 s and one process with polars' own threads 1.27 to 1.36 s; in another the pool took 1.19 s and
a ProcessPoolExecutor, which moves every block and every output through a pipe, 1.37 s. Without polars that one is as
fast as the pool, and one process takes 1.6 times as long. On one core (taskset -c 0) the pool took 1.94 s and one
process 1.49 s: there the program works alone.
"""
