"""`make docker-test`: the image and the federation of docker/compose.yaml, for real.

Plain Python, nothing but the standard library: it runs wherever a Docker engine is.
"""
