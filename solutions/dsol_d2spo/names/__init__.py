"""Names in a text: found, grounded, numbered, and which of them stand for one thing."""
