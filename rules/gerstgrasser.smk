# Gerstgrasser et al. (COLM 2024) and its sequel (ICML 2025), theory: simulations, then tables, figures and verdicts.
from modelcollapse.densities.accumulation_settings import EXPERIMENTS as ACCUMULATION_EXPERIMENTS

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
        code=code_hash("densities.kde_chains"),
    shell:
        "modelcollapse run-kde --settings {params.settings:q} --table {output.table} 2> {log}"


def accumulation_files(*names):
    """Tables of experiments, by name."""
    kinds = {name: "grid" if name.endswith("_grid") else "theory" for name in names}
    return [f"{ACCUMULATION}/{kind}/{name}.parquet" for name, kind in kinds.items()]


LINEAR_FILES = accumulation_files("linear_law", "linear_subsample")
ACCUMULATION_FIGURES = {
    "linear": LINEAR_FILES,
    "linear_gap": [*LINEAR_FILES, *accumulation_files("linear_grid")],
    "gaussian": accumulation_files("gaussian_law"),
    "gaussian_grid": accumulation_files("gaussian_grid"),
    "kde": GERSTGRASSER_DATA["kde"],
    "kde_variance": accumulation_files("kde_variance"),
    "discrete": accumulation_files("discrete_law", "discrete_absorption"),
}
ACCUMULATION_TABLES = {
    "linear": LINEAR_FILES,
    "linear_grid": accumulation_files("linear_grid"),
    "gaussian": accumulation_files("gaussian_law"),
    "gaussian_grid": accumulation_files("gaussian_grid"),
    "kde": GERSTGRASSER_DATA["kde"],
    "kde_variance": accumulation_files("kde_variance"),
    "discrete": accumulation_files("discrete_law", "discrete_absorption"),
}


rule draw_accumulation:
    input:
        lambda wildcards: ACCUMULATION_FIGURES[wildcards.figure],
    output:
        svg=f"{RESULTS}/gerstgrasser/figures/{{figure}}.svg",
        png=f"{RESULTS}/gerstgrasser/figures/{{figure}}.png",
    log:
        f"{LOGS}/draw_accumulation/{{figure}}.log",
    wildcard_constraints:
        figure=names_of(ACCUMULATION_FIGURES),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        tables=lambda wildcards, input: repeated("table", input),
        code=code_hash("presentation.accumulation"),
    shell:
        "modelcollapse draw-accumulation {wildcards.figure} {params.tables} --folder $(dirname {output.svg}) 2> {log}"


rule tabulate_accumulation:
    input:
        lambda wildcards: ACCUMULATION_TABLES[wildcards.table],
    output:
        csv=f"{RESULTS}/gerstgrasser/tables/{{table}}.csv",
        markdown=f"{RESULTS}/gerstgrasser/tables/{{table}}.md",
    log:
        f"{LOGS}/tabulate_accumulation/{{table}}.log",
    wildcard_constraints:
        table=names_of(ACCUMULATION_TABLES),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        tables=lambda wildcards, input: repeated("table", input),
        code=code_hash("presentation.accumulation"),
    shell:
        "modelcollapse tabulate-accumulation {wildcards.table} {params.tables} --folder $(dirname {output.csv}) 2> {log}"


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
        code=code_hash("evidence.gerstgrasser"),
    shell:
        "modelcollapse judge-claims --claims {input.claims} --scale {params.scale} --folder {params.folder} {params.data}"
        " --deviations {params.deviations:q}"
        " --output {output.claims} --raw {output.raw} --rules {output.rules} 2> {log}"


use rule show_claims as show_gerstgrasser with:
    input:
        f"{RESULTS}/gerstgrasser/claims.csv",
    output:
        page=f"{RESULTS}/gerstgrasser/claims.md",
        metrics=f"{RESULTS}/gerstgrasser/metrics.json",
    log:
        f"{LOGS}/show_claims/gerstgrasser.log",


ruleorder: show_gerstgrasser > show_claims


rule gerstgrasser:
    input:
        **GERSTGRASSER_DATA,
        figures=expand(
            f"{RESULTS}/gerstgrasser/figures/{{figure}}.{{ending}}", figure=ACCUMULATION_FIGURES, ending=("svg", "png")
        ),
        tables=expand(
            f"{RESULTS}/gerstgrasser/tables/{{table}}.{{ending}}", table=ACCUMULATION_TABLES, ending=("csv", "md")
        ),
        claims=f"{RESULTS}/gerstgrasser/claims.csv",
        page=f"{RESULTS}/gerstgrasser/claims.md",
