"""The pieces of the grammar of children's stories in checkpoints/grammar.py."""
