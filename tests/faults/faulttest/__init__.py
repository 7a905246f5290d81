"""The fault suite: what the scenarios share. See tests/faults/README.md."""
