"""Benchmarks: ratios against something bare in the same run, because a machine's numbers alone say little."""
