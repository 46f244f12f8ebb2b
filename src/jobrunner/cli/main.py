"""The `jobrunner` command: finds the command's module when it is called, and maps errors."""


def main() -> None:
    """Run the command that the arguments name."""
