# Gerstgrasser et al. (COLM 2024) and its sequel (ICML 2025), theory: simulations, then tables, figures and verdicts.
from modelcollapse.commands.gerstgrasser import PRESENTED
from modelcollapse.papers.gerstgrasser.settings import EXPERIMENTS as ACCUMULATION_EXPERIMENTS

GERSTGRASSER = CONFIG.gerstgrasser
ACCUMULATION = f"{DATA}/simulations/gerstgrasser"
GERSTGRASSER_DATA = {
    "theory": [
        f"{ACCUMULATION}/theory/{name}.parquet" for name in ACCUMULATION_EXPERIMENTS if not name.endswith("_grid")
    ],
    "kde": [f"{ACCUMULATION}/kde/{name}.parquet" for name in GERSTGRASSER.theory.kde_chains],
    "grid": [f"{ACCUMULATION}/grid/{name}.parquet" for name in ACCUMULATION_EXPERIMENTS if name.endswith("_grid")],
}


rule run_accumulation:
    output:
        table=f"{ACCUMULATION}/{{kind}}/{{experiment}}.parquet",
    log:
        f"{LOGS}/run_accumulation/{{kind}}/{{experiment}}.log",
    wildcard_constraints:
        kind="theory|grid",
        experiment=names_of(ACCUMULATION_EXPERIMENTS),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings=lambda wildcards: settings(
            getattr(GERSTGRASSER.theory, ACCUMULATION_EXPERIMENTS[wildcards.experiment][0])
        ),
        code=lambda wildcards: code_hash(ACCUMULATION_EXPERIMENTS[wildcards.experiment][1]),
    shell:
        "modelcollapse run-accumulation {wildcards.experiment} --settings {params.settings:q} --table {output.table} 2> {log}"


rule run_kde:
    output:
        table=f"{ACCUMULATION}/kde/{{name}}.parquet",
    log:
        f"{LOGS}/run_kde/{{name}}.log",
    wildcard_constraints:
        name=names_of(GERSTGRASSER.theory.kde_chains),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings=lambda wildcards: settings(GERSTGRASSER.theory.kde_chains[wildcards.name]),
        code=code_hash("papers.gerstgrasser.simulations.kde_chains"),
    shell:
        "modelcollapse run-kde --settings {params.settings:q} --table {output.table} 2> {log}"


def accumulation_files(*names):
    """Tables of experiments, by name."""
    kinds = {name: "grid" if name.endswith("_grid") else "theory" for name in names}
    return [f"{ACCUMULATION}/{kind}/{name}.parquet" for name, kind in kinds.items()]


ACCUMULATION_TOPICS = {
    "linear": accumulation_files("linear_law", "linear_subsample", "linear_grid"),
    "gaussian": accumulation_files("gaussian_law", "gaussian_grid"),
    "kde": [*GERSTGRASSER_DATA["kde"], *accumulation_files("kde_variance")],
    "discrete": accumulation_files("discrete_law", "discrete_absorption"),
}


def presented(topic):
    """Figures and tables of a topic."""
    figures, tables = PRESENTED[topic]
    drawn = [f"{RESULTS}/gerstgrasser/figures/{name}.{ending}" for name in figures for ending in ("svg", "png")]
    return drawn + [f"{RESULTS}/gerstgrasser/tables/{name}.{ending}" for name in tables for ending in ("csv", "md")]


for topic, files in ACCUMULATION_TOPICS.items():

    rule:
        name:
            f"present_accumulation_{topic}"
        input:
            files,
        output:
            presented(topic),
        log:
            f"{LOGS}/present_accumulation/{topic}.log",
        threads: 1
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            topic=topic,
            tables=lambda wildcards, input: repeated("table", input),
            folder=f"{RESULTS}/gerstgrasser",
            code=code_hash("papers.gerstgrasser.figures.topics"),
        shell:
            "modelcollapse present-accumulation {params.topic} {params.tables} --figures {params.folder}/figures"
            " --tables {params.folder}/tables 2> {log}"


def gerstgrasser_deviations():
    """Settings of the kernel density estimates that differ from the sequel's; the other theory claims are mathematical."""
    from modelcollapse.configuration.reference import deviations

    chains = GERSTGRASSER.theory.kde_chains
    return sorted(found for name in chains for found in deviations(chains[name], f"theory.kde_chains.{name}."))


rule judge_gerstgrasser:
    input:
        **GERSTGRASSER_DATA,
        claims="config/claims/gerstgrasser.yaml",
    output:
        claims=f"{RESULTS}/gerstgrasser/claims.csv",
        raw=f"{RESULTS}/gerstgrasser/claims_raw.csv",
        rules=f"{RESULTS}/gerstgrasser/claims_rules.json",
    log:
        f"{LOGS}/judge_gerstgrasser.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        data=lambda wildcards, input: grouped(input, GERSTGRASSER_DATA),
        deviations=json.dumps(gerstgrasser_deviations()),
        scale=CONFIG.scale,
        folder=CONFIG.folder,
        code=code_hash("papers.gerstgrasser.quantities"),
    shell:
        "modelcollapse judge-claims --claims {input.claims} --scale {params.scale} --folder {params.folder} {params.data}"
        " --deviations {params.deviations:q}"
        " --output {output.claims} --raw {output.raw} --rules {output.rules} 2> {log}"


rule gerstgrasser:
    input:
        **GERSTGRASSER_DATA,
        shown=[path for topic in ACCUMULATION_TOPICS for path in presented(topic)],
        claims=f"{RESULTS}/gerstgrasser/claims.csv",
        page=f"{RESULTS}/gerstgrasser/claims.md",
