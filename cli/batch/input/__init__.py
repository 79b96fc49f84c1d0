"""The bytes of rows: opened, unpacked, cut into blocks of whole records."""
