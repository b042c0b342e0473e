"""What a run prints (``--logger modelcollapse``); Snakemake finds a logger by the name of its package alone."""

from modelcollapse.workflow.run_log import LogHandler

__all__ = ["LogHandler"]
