"""`python -m chargepoint_hal.bench --config bench.toml [--directory RUN_DIR]`."""

import argparse
import asyncio
import sys
from pathlib import Path

from chargepoint_hal.bench.process import run_until_signalled
from chargepoint_hal.bench.settings import BenchSettings, BenchSettingsError, load_settings


def main(arguments: list[str] | None = None) -> int:
    """Run the bench; 2 with every error on standard error when its settings or its ports are not usable."""
    parser = argparse.ArgumentParser(prog="python -m chargepoint_hal.bench", description="The simulated world.")
    parser.add_argument("--config", type=Path, help="a bench.toml; without it one EVSE with a socket")
    parser.add_argument("--directory", type=Path, default=Path("run"), help="where wires, bench.port and bench.json go")
    given = parser.parse_args(arguments)
    try:
        settings = BenchSettings() if given.config is None else load_settings(given.config)
        asyncio.run(run_until_signalled(settings, given.directory))
    except BenchSettingsError as error:
        sys.stderr.write("".join(f"bench: {problem}\n" for problem in error.problems))
        return 2
    except OSError as error:
        sys.stderr.write(f"bench: {error}; free the port or the directory, or set another one\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
