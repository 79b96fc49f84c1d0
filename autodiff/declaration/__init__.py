"""What a gate's record holds, how it pulls and pushes, and how it is written."""
