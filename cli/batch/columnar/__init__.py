"""Rows as columns: parquet and Arrow IPC by pyarrow, bulk CSV and TSV by polars."""
