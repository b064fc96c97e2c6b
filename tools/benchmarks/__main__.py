"""`python tools/benchmarks`: a folder that is started as a program."""

import sys
from pathlib import Path

if __package__ in (None, ""):  # its parent holds the package
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.command import main

if __name__ == "__main__":
    sys.exit(main())
