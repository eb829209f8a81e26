"""Benchmarks: a crowd of candidates beside two peers under the same load, and ratios against something bare.

`make bench` takes a few minutes: 1,000 beats a second for 30 s. The full load is
`BENCH_SECONDS=600 BENCH_STEP_SECONDS=10 make bench`; options.py has every setting. One machine's numbers say little, so
everything is measured in one run, and the generator says how busy it was and how late it sent.
"""
