"""A small federation on one machine, with simulated data that is marked as such everywhere."""

from node.demo.run import run_demo

__all__ = ["run_demo"]
