"""What can be set about Dohmatob et al.: keys of the config files."""

from __future__ import annotations

from modelcollapse.regression.image_settings import ImagesSettings
from modelcollapse.regression.strong_collapse_settings import StrongCollapseSettings
from modelcollapse.runtime.settings import Settings


class DohmatobSettings(Settings):
    """Dohmatob et al. (ICLR 2025)."""

    strong_collapse: StrongCollapseSettings = StrongCollapseSettings()
    """Theory beside simulation."""
    images: ImagesSettings
    """Regression on images with synthetic labels (section 4 of the paper)."""
