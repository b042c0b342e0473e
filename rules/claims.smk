# What the papers' claims have in common: a page for people, and one table of all of them.
# Papers whose claims are judged.
JUDGED = ("shumailov", "gerstgrasser", "dohmatob")


rule show_claims:
    input:
        f"{RESULTS}/{{paper}}/claims.csv",
    output:
        page=f"{RESULTS}/{{paper}}/claims.md",
        metrics=f"{RESULTS}/{{paper}}/metrics.json",
    log:
        f"{LOGS}/show_claims/{{paper}}.log",
    wildcard_constraints:
        paper=names_of(JUDGED),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("presentation.claims_page"),
    shell:
        "modelcollapse show-claims --claims {input} --page {output.page} --metrics {output.metrics} 2> {log}"


rule merge_claims:
    input:
        expand(f"{RESULTS}/{{paper}}/claims.csv", paper=JUDGED),
    output:
        f"{RESULTS}/claims.csv",
    log:
        f"{LOGS}/merge_claims.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        claims=lambda wildcards, input: repeated("claims", input),
        code=code_hash("evidence.judge"),
    shell:
        "modelcollapse merge-claims {params.claims} --output {output} 2> {log}"
