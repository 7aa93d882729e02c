"""The HTTP interface of a node: loopback, one token, one form of error."""
