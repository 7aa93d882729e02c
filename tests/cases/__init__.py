"""The cases of the vectors, by the part of the wire that they are about."""
