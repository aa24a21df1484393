"""What the question and the database are sure of, held against what a model wrote."""
