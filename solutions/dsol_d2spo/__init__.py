"""D2SPO: a document becomes subject-predicate-object triples."""
