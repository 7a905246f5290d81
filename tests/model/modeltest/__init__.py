"""The model test: a reference of the rule language that is slow and easy to check, and what compares it with the engine."""
