"""What a run prints (``--logger modelcollapse``); Snakemake finds a logger by the name of its package alone."""

from snakemake_logger_plugin_modelcollapse.handler import LogHandler

__all__ = ["LogHandler"]
