"""What identity fields cost an import: seal, index, mask and check a column, and open it again.

    python bench/identity.py [--rows 1000000] [--small]

Ratios in one run, against the plain UTF-8 encoding of the same column.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arrears.house.settings")
os.environ.setdefault("ARREARS_SECRET_DJANGO", "bench")
os.environ.setdefault("ARREARS_SECRET_IDENTITY", "bench-only-bench-only-bench-only")
os.environ.setdefault("ARREARS_SECRET_IDENTITY_INDEX", "bench-only-bench-only-bench-only")

from arrears.parties import identifiers, masking, sealing


def timed(work: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--small", action="store_true")
    rows = 20_000 if (given := options.parse_args()).small else given.rows
    bodies = [f"110105{1950 + n % 50}{1 + n % 12:02d}{1 + n % 28:02d}{n % 1000:03d}" for n in range(rows)]
    numbers = [body + identifiers.resident_check_digit(body) for body in bodies]
    phones = [f"138{n % 100_000_000:08d}" for n in range(rows)]
    names = ["王小明", "欧阳娜娜", "李四", "张伟"] * (rows // 4 + 1)
    plain, _ = timed(lambda: [number.encode() for number in numbers])
    sealing.index("id", "warm")
    sealing.seal("warm")
    sealed: list[bytes] = []
    steps = {
        "seal": lambda: sealed.extend(sealing.seal_many(numbers)),
        "index": lambda: sealing.index_many("id", numbers),
        "open": lambda: [sealing.open_sealed(s) for s in sealed],
        "check_id": lambda: [identifiers.check_resident_id(number) for number in numbers],
        "check_phone": lambda: [identifiers.check_phone(phone) for phone in phones],
        "mask_name": lambda: [masking.name(name) for name in names[:rows]],
        "initials": lambda: [identifiers.initials(name) for name in names[:rows]],
    }
    figures = {}
    for name, work in steps.items():
        seconds, _ = timed(work)
        figures[name] = {
            "seconds": round(seconds, 3),
            "microseconds_a_row": round(seconds / rows * 1e6, 2),
            "times_encoding": round(seconds / plain, 1),
        }
    print(json.dumps({"rows": rows, **figures}, indent=2))


if __name__ == "__main__":
    main()
