"""The `maillage` command: one module per group; `app` puts them together.

Every command reads its arguments, asks the node, and shows the answer. It decides nothing.
"""


def main() -> None:
    """Run the command line and end the process."""
    from node.cli.app import main as run  # noqa: PLC0415 - importing a submodule of this package needs none of it

    run()


__all__ = ["main"]
