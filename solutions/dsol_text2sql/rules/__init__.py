"""From a question to a query by rules alone: what the baseline does."""
