"""What a question says: its words, and the tables, columns and values that they name."""
