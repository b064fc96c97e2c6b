#!/usr/bin/env python3
"""A `rauc` that behaves as RAUC 1.x does on its command line; its world is `rauc.json` beside it.

Run as a program of its own, found on PATH: progress and LastError on its output, its exit codes.
"""

import json
import sys
from pathlib import Path
from typing import Any

WORLD = Path(__file__).resolve().parent / "rauc.json"
SLOTS = {"A": "rootfs.0", "B": "rootfs.1"}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def status(world: dict[str, Any]) -> dict[str, Any]:
    """`rauc status --output-format=json`."""
    slots = [
        {
            slot: {
                "class": "rootfs",
                "device": f"/dev/mmcblk0p{number}",
                "type": "ext4",
                "bootname": name,
                "state": "booted" if world["booted"] == name else "inactive",
                "parent": None,
                "mountpoint": "/" if world["booted"] == name else None,
                "boot_status": world["boot_status"][name],
            }
        }
        for number, (name, slot) in enumerate(SLOTS.items(), start=2)
    ]
    slots.append(
        {
            "bootloader.0": {
                "class": "bootloader",
                "device": "/dev/mmcblk0boot0",
                "type": "raw",
                "bootname": None,
                "state": "inactive",
                "parent": None,
                "mountpoint": None,
            }
        }
    )
    return {
        "compatible": "wallbox",
        "variant": "",
        "booted": world["booted"],
        "boot_primary": SLOTS[world["primary"]],
        "slots": slots,
    }


def install(world: dict[str, Any], bundle: Path) -> int:
    say("installing")
    say("  0% Installing")
    say("  0% Determining slot states")
    say(" 20% Determining slot states done.")
    say(" 20% Checking bundle")
    say(" 20% Verifying signature")
    content = bundle.read_bytes() if bundle.is_file() else None
    if content != b"good bundle":
        error = {
            None: f"Failed to open bundle: {bundle}: No such file or directory",
            b"other product": "Compatible mismatch: Expected 'wallbox' but bundle manifest has 'toaster'",
            b"no space": "Installation error: failed to run slot hook: write error: No space left on device",
        }.get(content, "signature verification failed: Verify error: unable to get local issuer certificate")
        say(" 40% Verifying signature failed.")
        say(" 40% Checking bundle failed.")
        say("100% Installing failed.")
        say("idle")
        say(f"LastError: {error}")
        sys.stderr.write(f"Installing `{bundle}` failed\n")
        return 1
    say(" 40% Verifying signature done.")
    say(" 40% Checking bundle done.")
    say(" 90% Updating slots done.")
    say("100% Installing done.")
    say("idle")
    say(f"Installing `{bundle}` succeeded")
    other = "B" if world["booted"] == "A" else "A"
    world["primary"] = other
    world["boot_status"][other] = "good"
    world["content"][other] = "new"
    return 0


def mark(world: dict[str, Any], how: str, which: str) -> int:
    other = "B" if world["booted"] == "A" else "A"
    name = {"booted": world["booted"], "other": other}[which]
    if how == "mark-active":
        world["primary"] = name
    else:
        world["boot_status"][name] = how.removeprefix("mark-")
    say(f"rauc status: marked slot {SLOTS[name]} as {how.removeprefix('mark-')}")
    return 0


def main(arguments: list[str]) -> int:
    world = json.loads(WORLD.read_text())
    world["calls"].append(arguments)
    code = 1
    if world.get("is_broken"):
        sys.stderr.write("Error creating proxy: Could not connect: No such file or directory\n")
    elif arguments == ["status", "--output-format=json"]:
        say(json.dumps(status(world)))
        code = 0
    elif arguments[0] == "install" and len(arguments) == 2:
        code = install(world, Path(arguments[1]))
    elif arguments[0] == "status" and len(arguments) == 3:
        code = mark(world, arguments[1], arguments[2])
    else:
        sys.stderr.write(f"Unknown command {arguments}\n")
    WORLD.write_text(json.dumps(world))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
