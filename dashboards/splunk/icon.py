#!/usr/bin/env python3
"""Draws the app's icons: an eye that looks along a line. Run it after a change; the PNG files are committed."""

import math
import struct
import zlib
from pathlib import Path

FOLDER = Path(__file__).parent / "scoutline" / "static"

# Samples of a pixel in each direction, so that edges are smooth.
SAMPLES = 4

GROUND = (27, 38, 59)
LINE = (255, 152, 48)
EYE = (240, 244, 248)


def colour(x: float, y: float) -> tuple[int, int, int, int]:
    """Of a point; the icon reaches from 0 to 1."""
    dx, dy = abs(x - 0.5), abs(y - 0.5)
    # A square with round corners.
    radius = 0.18
    corner = math.hypot(max(dx - 0.5 + radius, 0), max(dy - 0.5 + radius, 0))
    if corner > radius:
        return (0, 0, 0, 0)
    pupil = math.hypot(x - 0.5, y - 0.46)
    if pupil < 0.09:
        return (*LINE, 255)
    # An almond is what two circles share.
    almond = max(math.hypot(x - 0.5, y - 0.74), math.hypot(x - 0.5, y - 0.18))
    if almond < 0.44:
        return (*(EYE if pupil > 0.14 else GROUND), 255)
    if 0.80 < y < 0.86 and dx < 0.34:
        return (*LINE, 255)
    return (*GROUND, 255)


def pixel(column: int, row: int, size: int) -> bytes:
    """The mean of its samples, weighted by how much they cover."""
    offsets = [(index + 0.5) / SAMPLES for index in range(SAMPLES)]
    samples = [colour((column + u) / size, (row + v) / size) for u in offsets for v in offsets]
    covered = sum(sample[3] for sample in samples)
    if not covered:
        return bytes(4)
    mean = [round(sum(it[channel] * it[3] for it in samples) / covered) for channel in range(3)]
    return bytes([*mean, round(covered / len(samples))])


def png(size: int) -> bytes:
    """The icon as a file of so many pixels squared."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = [b"\0" + b"".join(pixel(column, row, size) for column in range(size)) for row in range(size)]
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
        + chunk(b"IEND", b"")
    )


def main() -> None:
    """Writes all of them."""
    for name, size in [("appIcon", 36), ("appIcon_2x", 72), ("appIconAlt", 36), ("appIconAlt_2x", 72)]:
        (FOLDER / f"{name}.png").write_bytes(png(size))


if __name__ == "__main__":
    main()
