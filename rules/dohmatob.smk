# Dohmatob et al. (ICLR 2025): theory of strong collapse beside simulation, then tables, figures and verdicts.
from modelcollapse.commands import dohmatob as strong_collapse

DOHMATOB = CONFIG.dohmatob
STRONG_COLLAPSE = f"{DATA}/simulations/dohmatob"
DOHMATOB_DATA = {
    "strong_collapse": expand(f"{STRONG_COLLAPSE}/{{experiment}}.parquet", experiment=strong_collapse.EXPERIMENTS),
    **DOHMATOB_IMAGE_DATA,
}


def strong_collapse_tables(experiments):
    """Result files of experiments."""
    return expand(f"{STRONG_COLLAPSE}/{{experiment}}.parquet", experiment=experiments)


rule run_strong_collapse:
    output:
        table=f"{STRONG_COLLAPSE}/{{experiment}}.parquet",
    log:
        f"{LOGS}/run_strong_collapse/{{experiment}}.log",
    wildcard_constraints:
        experiment=names_of(strong_collapse.EXPERIMENTS),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        settings=settings(DOHMATOB.strong_collapse),
        code=lambda wildcards: code_hash(strong_collapse.EXPERIMENTS[wildcards.experiment][0]),
    shell:
        "modelcollapse run-strong-collapse {wildcards.experiment} --settings {params.settings:q} --table {output.table}"
        " 2> {log}"


rule draw_strong_collapse:
    input:
        lambda wildcards: strong_collapse_tables(strong_collapse.FIGURES[wildcards.figure]),
    output:
        svg=f"{RESULTS}/dohmatob/figures/{{figure}}.svg",
        png=f"{RESULTS}/dohmatob/figures/{{figure}}.png",
    log:
        f"{LOGS}/draw_strong_collapse/{{figure}}.log",
    wildcard_constraints:
        figure=names_of(strong_collapse.FIGURES),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        tables=lambda wildcards, input: repeated("table", input),
        code=code_hash("presentation.strong_collapse"),
    shell:
        "modelcollapse draw-strong-collapse {wildcards.figure} {params.tables} --folder $(dirname {output.svg}) 2> {log}"


rule tabulate_strong_collapse:
    input:
        lambda wildcards: strong_collapse_tables(strong_collapse.TABLES[wildcards.table]),
    output:
        csv=f"{RESULTS}/dohmatob/tables/{{table}}.csv",
        markdown=f"{RESULTS}/dohmatob/tables/{{table}}.md",
    log:
        f"{LOGS}/tabulate_strong_collapse/{{table}}.log",
    wildcard_constraints:
        table=names_of(strong_collapse.TABLES),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        tables=lambda wildcards, input: repeated("table", input),
        code=code_hash("presentation.strong_collapse_tables"),
    shell:
        "modelcollapse tabulate-strong-collapse {wildcards.table} {params.tables} --folder $(dirname {output.csv}) 2> {log}"


rule judge_dohmatob:
    input:
        **DOHMATOB_DATA,
        claims="config/claims/dohmatob.yaml",
    output:
        claims=f"{RESULTS}/dohmatob/claims.csv",
        raw=f"{RESULTS}/dohmatob/claims_raw.csv",
        rules=f"{RESULTS}/dohmatob/claims_rules.json",
    log:
        f"{LOGS}/judge_dohmatob.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=lambda wildcards, input: grouped(input, DOHMATOB_DATA),
        deviations=json.dumps(dohmatob_image_deviations()),
        scale=CONFIG.scale,
        folder=CONFIG.folder,
        code=code_hash("evidence.dohmatob"),
    shell:
        "modelcollapse judge-claims --claims {input.claims} --scale {params.scale} --folder {params.folder} {params.data}"
        " --deviations {params.deviations:q}"
        " --output {output.claims} --raw {output.raw} --rules {output.rules} 2> {log}"


use rule show_claims as show_dohmatob with:
    input:
        f"{RESULTS}/dohmatob/claims.csv",
    output:
        page=f"{RESULTS}/dohmatob/claims.md",
        metrics=f"{RESULTS}/dohmatob/metrics.json",
    log:
        f"{LOGS}/show_claims/dohmatob.log",


ruleorder: show_dohmatob > show_claims


rule dohmatob:
    input:
        **DOHMATOB_DATA,
        images=rules.dohmatob_images.input,
        figures=expand(
            f"{RESULTS}/dohmatob/figures/{{figure}}.{{ending}}", figure=strong_collapse.FIGURES, ending=("svg", "png")
        ),
        tables=expand(
            f"{RESULTS}/dohmatob/tables/{{table}}.{{ending}}", table=strong_collapse.TABLES, ending=("csv", "md")
        ),
        claims=f"{RESULTS}/dohmatob/claims.csv",
        page=f"{RESULTS}/dohmatob/claims.md",
