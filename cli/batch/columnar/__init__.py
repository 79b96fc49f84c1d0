"""Rows as columns: Parquet and Arrow IPC by pyarrow, bulk CSV and TSV by polars."""
