"""The interactive session: lines in, an answer to each. Computes and renders nothing itself."""
