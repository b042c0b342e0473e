# Claims: judged by rules written before the run, shown on a page, merged over papers.
judge_claims_step = step_of(presentation_steps.judge_claims)
show_claims_step = step_of(presentation_steps.show_claims)
merge_claims_step = step_of(presentation_steps.merge_claims)


localrules:
    show_claims,
    merge_claims,


rule judge_claims:
    input:
        inputs_of(judge_claims_step),
    output:
        update(PLACES.paper("{paper}", "claims.csv")),
        update(PLACES.paper("{paper}", "claims_raw.csv")),
        update(PLACES.paper("{paper}", "claims_rules.json")),
    log:
        PLACES.log("judge_claims", "{paper}"),
    wildcard_constraints:
        paper=names_of(WORKSPACE.papers),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings_of(judge_claims_step),
        code=code_of(judge_claims_step),
    shell:
        "modelcollapse judge-claims {wildcards.paper} {MERGED} 2> {log}"


rule show_claims:
    input:
        inputs_of(show_claims_step),
    output:
        update(PLACES.paper("{paper}", "claims.md")),
        update(PLACES.paper("{paper}", "metrics.json")),
    log:
        PLACES.log("show_claims", "{paper}"),
    wildcard_constraints:
        paper=names_of(WORKSPACE.papers),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of(show_claims_step),
    shell:
        "modelcollapse show-claims {wildcards.paper} {MERGED} 2> {log}"


rule merge_claims:
    input:
        inputs_of(merge_claims_step),
    output:
        update(f"{PLACES.results}/claims.csv"),
    log:
        PLACES.log("merge_claims"),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of(merge_claims_step),
    shell:
        "modelcollapse merge-claims {MERGED} 2> {log}"
