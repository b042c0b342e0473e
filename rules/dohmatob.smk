# Dohmatob et al. (ICLR 2025): theory of strong collapse beside simulation, then tables, figures and verdicts.
from modelcollapse.commands import dohmatob as strong_collapse

DOHMATOB = CONFIG.dohmatob
STRONG_COLLAPSE = f"{DATA}/simulations/dohmatob"
DOHMATOB_DATA = {
    "strong_collapse": expand(f"{STRONG_COLLAPSE}/{{experiment}}.parquet", experiment=strong_collapse.EXPERIMENTS),
    **DOHMATOB_IMAGE_DATA,
}


STRONG_COLLAPSE_PRESENTED = expand(
    f"{RESULTS}/dohmatob/figures/{{figure}}.{{ending}}", figure=strong_collapse.FIGURES, ending=("svg", "png")
) + expand(f"{RESULTS}/dohmatob/tables/{{table}}.{{ending}}", table=strong_collapse.TABLES, ending=("csv", "md"))


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


rule present_strong_collapse:
    input:
        DOHMATOB_DATA["strong_collapse"],
    output:
        STRONG_COLLAPSE_PRESENTED,
    log:
        f"{LOGS}/present_strong_collapse.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        tables=lambda wildcards, input: repeated("table", input),
        folder=f"{RESULTS}/dohmatob",
        code=code_hash("papers.dohmatob.figures.strong_collapse_topics"),
    shell:
        "modelcollapse present-strong-collapse {params.tables} --figures {params.folder}/figures"
        " --tables {params.folder}/tables 2> {log}"


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
        code=code_hash("papers.dohmatob.quantities"),
    shell:
        "modelcollapse judge-claims --claims {input.claims} --scale {params.scale} --folder {params.folder} {params.data}"
        " --deviations {params.deviations:q}"
        " --output {output.claims} --raw {output.raw} --rules {output.rules} 2> {log}"


rule dohmatob:
    input:
        **DOHMATOB_DATA,
        presented=STRONG_COLLAPSE_PRESENTED + DOHMATOB_IMAGE_PRESENTED,
        claims=f"{RESULTS}/dohmatob/claims.csv",
        page=f"{RESULTS}/dohmatob/claims.md",
