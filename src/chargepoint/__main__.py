"""`chargepoint` and `python -m chargepoint`."""

from chargepoint.cli.commands import application


def main() -> None:
    """Run the command given on the command line; ends with its exit code."""
    application(prog_name="chargepoint")


if __name__ == "__main__":
    main()
