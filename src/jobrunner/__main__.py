"""`python -m jobrunner`: the same as the `jobrunner` script."""

from jobrunner.cli.main import main

if __name__ == "__main__":
    main()
