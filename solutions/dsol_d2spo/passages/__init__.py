"""Long documents: cut into passages, extracted one by one, brought together."""
