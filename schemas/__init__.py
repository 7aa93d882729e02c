"""What data means: schemas, their checks, territory.

Knows nothing of signatures, federations or networks. `federation` and `node` build on it.
"""
