"""What the commands have to say, as reports: results made into plain data, a subject a file."""
