# The engine: generation 0, then train, sample and score again and again. One set of rules for every paper's arms.
# Arms and families are named with their paper, shumailov/replace: those of two papers may have the same name.
EVERY_ARM = {
    f"{paper}/{name}": arm
    for paper in WORKSPACE.papers
    if (models := WORKSPACE.language_model(paper)) is not None
    for name, arm in models.arms.items()
}
EVERY_FAMILY = {
    f"{paper}/{name}": family
    for paper in WORKSPACE.papers
    if (models := WORKSPACE.language_model(paper)) is not None
    for name, family in models.families.items()
}

fetch_weights_step = step_of(recursion_steps.fetch_weights)
fit_base_step = step_of(recursion_steps.fit_base)
fit_generation_0_step = step_of(recursion_steps.fit_generation_0)
sample_generation_0_step = step_of(recursion_steps.sample_generation_0)
run_generation_step = step_of(recursion_steps.run_generation)
measure_arm_step = step_of(recursion_steps.measure_arm)


def family_of(wildcards):
    """Settings of the family that a job is about."""
    if hasattr(wildcards, "family"):
        return EVERY_FAMILY[wildcards.family]
    return EVERY_FAMILY[recursion_steps.family_of(wildcards.arm, EVERY_ARM[wildcards.arm])]


def minutes(wildcards, attempt):
    """A job that asks for a GPU takes hours per generation, and a retry gets more."""
    return (720 if family_of(wildcards).gpu else 60) * attempt


def gpus(wildcards):
    return int(family_of(wildcards).gpu)


wildcard_constraints:
    seed=r"\d+",
    generation=r"[1-9]\d*",


rule fetch_weights:
    output:
        PLACES.base("{family}"),
        PLACES.base("{family}", "json"),
    log:
        PLACES.log("fetch_weights", "{family}"),
    wildcard_constraints:
        family=names_of(name for name, family in EVERY_FAMILY.items() if family.model.pretrained is not None),
    threads: 1
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        settings=settings_of(fetch_weights_step),
        code=code_of(fetch_weights_step),
    shell:
        "modelcollapse fetch-weights {wildcards.family} {MERGED} 2> {log}"


rule fit_base:
    input:
        inputs_of(fit_base_step),
    output:
        PLACES.base("{family}"),
        PLACES.base("{family}", "json"),
    log:
        PLACES.log("fit_base", "{family}"),
    wildcard_constraints:
        family=names_of(name for name, family in EVERY_FAMILY.items() if family.base_corpus is not None),
    threads: CONFIG.threads
    resources:
        mem_mb=4000,
        runtime=minutes,
        gpu=gpus,
    params:
        settings=settings_of(fit_base_step),
        code=code_of(fit_base_step),
    shell:
        "modelcollapse fit-base {wildcards.family} {MERGED} {DEVICE} 2> {log}"


rule fit_generation_0:
    input:
        inputs_of(fit_generation_0_step),
    output:
        PLACES.generation_0("{family}", "{seed}"),
        PLACES.scores("{family}", "{seed}", 0),
    log:
        PLACES.log("fit_generation_0", "{family}", "seed{seed}"),
    wildcard_constraints:
        family=names_of(EVERY_FAMILY),
    threads: CONFIG.threads
    resources:
        mem_mb=4000,
        runtime=minutes,
        gpu=gpus,
    params:
        settings=settings_of(fit_generation_0_step),
        code=code_of(fit_generation_0_step),
    shell:
        "modelcollapse fit-generation-0 {wildcards.family} --seed {wildcards.seed} {MERGED} {DEVICE} 2> {log}"


rule sample_generation_0:
    input:
        inputs_of(sample_generation_0_step),
    output:
        PLACES.samples("{arm}", "{seed}", 0),
        PLACES.scores("{arm}", "{seed}", 0),
    log:
        PLACES.log("sample_generation_0", "{arm}", "seed{seed}"),
    wildcard_constraints:
        arm=names_of(EVERY_ARM),
    threads: CONFIG.threads
    resources:
        mem_mb=4000,
        runtime=minutes,
        gpu=gpus,
    params:
        settings=settings_of(sample_generation_0_step),
        code=code_of(sample_generation_0_step),
    shell:
        "modelcollapse sample-generation-0 {wildcards.arm} --seed {wildcards.seed} {MERGED} {DEVICE} 2> {log}"


rule run_generation:
    input:
        inputs_of(run_generation_step),
    output:
        PLACES.samples("{arm}", "{seed}", "{generation}"),
        PLACES.scores("{arm}", "{seed}", "{generation}"),
    log:
        PLACES.log("run_generation", "{arm}", "seed{seed}", "gen{generation}"),
    wildcard_constraints:
        arm=names_of(name for name, arm in EVERY_ARM.items() if arm.weights == "reinitialised"),
    threads: CONFIG.threads
    resources:
        mem_mb=4000,
        runtime=minutes,
        gpu=gpus,
    params:
        settings=settings_of(run_generation_step),
        code=code_of(run_generation_step),
    shell:
        "modelcollapse run-generation {wildcards.arm} --seed {wildcards.seed} --generation {wildcards.generation}"
        " {MERGED} {DEVICE} 2> {log}"


# The next generation starts from this one's weights, so they are kept.
use rule run_generation as continue_generation with:
    output:
        PLACES.samples("{arm}", "{seed}", "{generation}"),
        PLACES.scores("{arm}", "{seed}", "{generation}"),
        PLACES.model("{arm}", "{seed}", "{generation}"),
    log:
        PLACES.log("continue_generation", "{arm}", "seed{seed}", "gen{generation}"),
    wildcard_constraints:
        arm=names_of(name for name, arm in EVERY_ARM.items() if arm.weights == "continued"),


rule measure_arm:
    input:
        inputs_of(measure_arm_step),
    output:
        PLACES.measures("{arm}"),
    log:
        PLACES.log("measure_arm", "{arm}"),
    wildcard_constraints:
        arm=names_of(EVERY_ARM),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings_of(measure_arm_step),
        code=code_of(measure_arm_step),
    shell:
        "modelcollapse measure-arm {wildcards.arm} {MERGED} 2> {log}"
