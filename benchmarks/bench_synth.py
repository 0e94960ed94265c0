"""Makes a world of a million payments with its truth, and writes it as raw files: seconds and peak memory.

``python -m benchmarks.bench_synth [--smallest] [--transactions N]``
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import record
from graphfraud.synthetic.config import demo_config
from graphfraud.synthetic.dialects import write_files
from graphfraud.synthetic.world import make_world


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smallest", action="store_true", help="a small world")
    parser.add_argument("--transactions", type=int, default=1_000_000)
    options = parser.parse_args()
    n = 20_000 if options.smallest else options.transactions

    since = time.perf_counter()
    demo = make_world(demo_config(), rng_seed=1)
    print(f"demo world: {demo.transactions.height} payments in {time.perf_counter() - since:.2f} s (first call)")
    base = record.peak_mib()

    since, processor = time.perf_counter(), time.process_time()
    world = make_world(transactions=n, rng_seed=1)
    seconds, processor = time.perf_counter() - since, time.process_time() - processor
    made = world.transactions.height
    print(
        f"world and truth: {made} payments, {world.accounts.height} accounts, {world.truth.shares.height} shares "
        f"in {seconds:.2f} s ({processor:.2f} s of processor): {made / seconds / 1e6:.2f} M/s; "
        f"peak {record.peak_mib():.0f} MiB ({(record.peak_mib() - base) * (1 << 20) / made:.0f} bytes a payment)"
    )
    record.speed("world and truth", n=made, seconds=seconds, processor=processor, note=f"peak {record.peak_mib():.0f} MiB")
    for mess in ("plain", "hard"):
        with tempfile.TemporaryDirectory() as folder:
            since, processor = time.perf_counter(), time.process_time()
            written = write_files(world, folder, mess=mess)
            seconds, processor = time.perf_counter() - since, time.process_time() - processor
            size = sum(Path(path).stat().st_size for path in written)
        rows = int(written.audit["read"].sum())
        print(
            f"files, {mess}: {rows} rows, {size / 1e6:.0f} MB in {seconds:.2f} s ({processor:.2f} s of processor): "
            f"{rows / seconds / 1e6:.2f} M rows/s; peak {record.peak_mib():.0f} MiB"
        )
        record.speed(f"its files, mess {mess}", n=rows, seconds=seconds, processor=processor)
    return 0


if __name__ == "__main__":
    sys.exit(main())
