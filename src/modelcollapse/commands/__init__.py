"""The steps, by room: every rule calls one of these commands by ``modelcollapse <step>``."""
