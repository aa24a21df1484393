"""What labelled documents teach beside the model: names, types, and rules for relations."""
