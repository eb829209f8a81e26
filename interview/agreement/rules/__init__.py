"""Statistics of ratings, each in a module named after it; pure. Source: SCORING section 3.

Only `analysis` and `tables` may be imported at the top of other modules: they load numpy and scipy when first asked.
"""
