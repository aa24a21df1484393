"""Question/SQL pairs: read, checked, divided, multiplied, made samples."""
