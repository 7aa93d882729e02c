"""The running program in every role: a commune's node, a hub, a composer.

The only package that opens files, sockets and databases. It decides nothing that
`schemas` or `federation` can decide.
"""
