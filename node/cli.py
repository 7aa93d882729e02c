"""The `maillage` command."""


def main() -> None:
    """Run the command line."""
