"""What only `backprop budget` needs: its inputs from texts, readings and files, and its pictures."""
