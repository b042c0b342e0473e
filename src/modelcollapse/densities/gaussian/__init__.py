"""A Gaussian refitted on its own samples: closed forms and simulation."""

from modelcollapse.densities.gaussian.closed_forms import accumulate_variance_ratio as accumulate_variance_ratio
from modelcollapse.densities.gaussian.closed_forms import expected_risk as expected_risk
