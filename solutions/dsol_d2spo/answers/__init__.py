"""What the model is asked about a passage, what it wrote, and what of it stands."""
