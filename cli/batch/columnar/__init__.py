"""Rows as columns: parquet, Arrow IPC, and whatever else polars reads."""
