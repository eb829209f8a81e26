"""Names for the arrays of this room. A table of ratings has a unit a row, a rater a column, NaN where nothing is."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
