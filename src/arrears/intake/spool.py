"""What a check prepares for the commit, on disk: typed rows in parts, identity fields sealed already. One folder per batch.

The folder holds no clear identity data. It goes when the batch is committed, except the key marks (64-bit hashes of row keys and
contents), which tell the next load what is new, gone or changed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings

#: Hashes are compared between loads only if this text still hashes to the same number (the hash of a library may change).
_PROBE = "arrears key mark 1"


def root() -> Path:
    return Path(getattr(settings, "INTAKE_DIR", settings.HOME / "intake"))


def probe() -> int:
    return int(pl.Series("k0", [_PROBE]).to_frame().hash_rows(1123)[0])


class Spool:
    def __init__(self, batch: str) -> None:
        self.folder = root() / batch

    def begin(self) -> None:
        """An empty folder: a check that was interrupted starts anew."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)

    @property
    def source(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.upload"

    def write(self, name: str, frame: pl.DataFrame) -> None:
        """Write whole or not at all."""
        draft = self.folder / f"{name}.draft"
        frame.write_ipc(draft, compression="lz4")
        draft.rename(self.folder / f"{name}.arrow")

    def read(self, name: str) -> pl.DataFrame | None:
        path = self.folder / f"{name}.arrow"
        return pl.read_ipc(path.read_bytes()) if path.exists() else None

    def write_part(self, number: int, output: int, frame: pl.DataFrame) -> None:
        self.write(f"part-{number:06d}-{output}", frame)

    def read_part(self, number: int, output: int) -> pl.DataFrame | None:
        return self.read(f"part-{number:06d}-{output}")

    def write_keys(self, output: int, frame: pl.DataFrame) -> None:
        self.write(f"keys-{output}", frame.with_columns(pl.lit(probe(), dtype=pl.UInt64).alias("probe")))

    def read_keys(self, output: int) -> pl.DataFrame | None:
        """Key marks, or None where there are none that can be compared."""
        frame = self.read(f"keys-{output}")
        if frame is None or (frame.height and frame["probe"][0] != probe()):
            return None
        return frame.drop("probe")

    def shed(self) -> None:
        """Drop all but the key marks."""
        for path in self.folder.glob("*"):
            if not path.name.startswith("keys-"):
                path.unlink(missing_ok=True)

    def exists(self) -> bool:
        return self.folder.is_dir()


def difference(old: pl.DataFrame | None, new: pl.DataFrame) -> dict[str, Any]:
    """Rows new, gone and changed against the load before, by key mark and content mark."""
    if old is None:
        return {}
    both = new.select("key", "content").join(old.select("key", pl.col("content").alias("former")), on="key", how="left")
    gone = old.join(new.select("key"), on="key", how="anti").height
    return {
        "new": both["former"].null_count(), "gone": gone,
        "changed": int((both["content"] != both["former"]).fill_null(False).sum()),
    }  # fmt: skip
