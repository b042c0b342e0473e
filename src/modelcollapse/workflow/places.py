"""Where the files of a run lie. The same functions take names, and wildcards such as ``{arm}`` for the rules.

Arms, families and simulations are named with their paper, ``shumailov/replace``: those of two papers may have the same name.
"""

from __future__ import annotations

from dataclasses import dataclass

Number = int | str

TEXT_SPLITS = ("train", "validation", "test")
IMAGE_SPLITS = ("train", "test")


@dataclass(frozen=True)
class Places:
    """Paths of one run, relative to the folder in which Snakemake runs."""

    folder: str
    """The run's folder below ``data/``, ``results/`` and ``logs/``."""

    @property
    def data(self) -> str:
        """What is made on the way."""
        return f"data/{self.folder}"

    @property
    def results(self) -> str:
        """What is shown."""
        return f"results/{self.folder}"

    @property
    def logs(self) -> str:
        """What steps print."""
        return f"logs/{self.folder}"

    @property
    def config(self) -> str:
        """The merged config, from which every step reads its settings."""
        return f"{self.results}/config.yaml"

    @property
    def ledger(self) -> str:
        """One line per job."""
        return f"{self.results}/ledger.jsonl"

    def log(self, rule: str, *names: Number) -> str:
        """The log of a job."""
        return "/".join([self.logs, rule, ".".join(str(name) for name in names) or rule]) + ".log"

    def raw(self, corpus: str, file: str) -> str:
        """A fetched file of a published corpus, such as ``train.parquet``."""
        return f"{self.data}/raw/{corpus}/{file}"

    def corpus(self, corpus: str, file: str) -> str:
        """A file of a prepared corpus, such as ``train.parquet``."""
        return f"{self.data}/corpora/{corpus}/{file}"

    def tokenizer(self, tokenizer: str) -> str:
        """A tokenizer."""
        return f"{self.data}/tokenizers/{tokenizer}.json"

    def encoded(self, corpus: str, tokenizer: str, split: str) -> str:
        """A split of a text corpus as token ids."""
        return f"{self.data}/encoded/{corpus}/{tokenizer}/{split}.parquet"

    def treebank(self, split: str) -> str:
        """A split of the treebank of the syntactic parser."""
        return f"{self.data}/raw/ud_english_ewt/{split}.conllu"

    def parser(self, name: str) -> str:
        """Weights of a syntactic parser."""
        return f"{self.data}/parser/{name}.safetensors"

    def base(self, family: str, ending: str = "safetensors") -> str:
        """The weights from which every fit of a family starts (``json``: what is recorded of them)."""
        return f"{self.data}/models/{family}/base.{ending}"

    def generation_0(self, family: str, seed: Number) -> str:
        """The model fitted on human text."""
        return f"{self.data}/models/{family}/seed{seed}/gen0.safetensors"

    def model(self, arm: str, seed: Number, generation: Number) -> str:
        """A later model of an arm, kept only where the next one continues it."""
        return f"{self.data}/models/{arm}/seed{seed}/gen{generation}.safetensors"

    def samples(self, arm: str, seed: Number, generation: Number) -> str:
        """What a model wrote."""
        return f"{self.data}/synthetic/{arm}/seed{seed}/gen{generation}.parquet"

    def scores(self, name: str, seed: Number, generation: Number) -> str:
        """Negative log-likelihoods of an arm's generation, or of a family's generation 0."""
        return f"{self.data}/scores/{name}/seed{seed}/gen{generation}.parquet"

    def measures(self, arm: str) -> str:
        """The table of an arm's measures."""
        return f"{self.data}/measures/{arm}.parquet"

    def simulation(self, simulation: str, ending: str = "parquet") -> str:
        """The table of a simulation ``<paper>/<topic>/<name>`` (``npz``: its arrays)."""
        return f"{self.data}/simulations/{simulation}.{ending}"

    def figure(self, paper: str, name: str, ending: str) -> str:
        """A figure."""
        return f"{self.results}/{paper}/figures/{name}.{ending}"

    def table(self, paper: str, name: str, ending: str) -> str:
        """A table for people."""
        return f"{self.results}/{paper}/tables/{name}.{ending}"

    def paper(self, paper: str, file: str) -> str:
        """Another file of a paper's results, such as ``claims.csv``."""
        return f"{self.results}/{paper}/{file}"
