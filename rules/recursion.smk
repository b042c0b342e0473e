# The engine: generation 0, then train, sample and score again and again. One set of rules for every paper's arms.
from modelcollapse.recursion.regimes import HUMAN_CEILINGS, required_generations


def arm_of(wildcards):
    return PAPERS[wildcards.paper].arms[wildcards.arm]


def family_of(wildcards):
    return PAPERS[wildcards.paper].families[family_name(wildcards)]


def family_name(wildcards):
    return wildcards.family if hasattr(wildcards, "family") else arm_of(wildcards).family


def human_text(wildcards):
    family = family_of(wildcards)
    return encoded(family.corpus, family.tokenizer)


def base_of(wildcards):
    """Weights from which every fit starts: published, or pretrained here; none for random initialisation."""
    family = family_of(wildcards)
    if family.base_corpus is None and family.model.pretrained is None:
        return {}
    return {"base": f"{DATA}/models/{wildcards.paper}/{family_name(wildcards)}/base.safetensors"}


def base_option(wildcards, input):
    return option("base", input.get("base"))


def family_settings(wildcards):
    """The base's own training is not part of it: it is in the base's weights."""
    return settings(family_of(wildcards), exclude=("base_corpus", "base_rows", "base_training"))


def arm_settings(wildcards):
    """How many generations and seeds there are is not part of any one of them."""
    return settings(arm_of(wildcards), exclude=("role", "label", "samples_in_dvc", "generations", "seeds"))


def model_0(wildcards):
    return f"{DATA}/models/{wildcards.paper}/{family_name(wildcards)}/seed{wildcards.seed}/gen0.safetensors"


def earlier_samples(wildcards):
    """The synthetic sets that the regime trains the next model on."""
    generation = int(wildcards.generation)
    folder = f"{DATA}/synthetic/{wildcards.paper}/{wildcards.arm}/seed{wildcards.seed}"
    return [f"{folder}/gen{earlier}.parquet" for earlier in required_generations(arm_of(wildcards).regime, generation)]


def previous_model(wildcards):
    """Continued weights start from the previous generation's."""
    if arm_of(wildcards).weights != "continued":
        return {}
    models = f"{DATA}/models/{wildcards.paper}"
    if int(wildcards.generation) == 1:
        return {"previous": f"{models}/{family_name(wildcards)}/seed{wildcards.seed}/gen0.safetensors"}
    return {"previous": f"{models}/{wildcards.arm}/seed{wildcards.seed}/gen{int(wildcards.generation) - 1}.safetensors"}


def numbered(wildcards, folder):
    """Files seed<s>/gen<g>.parquet of all seeds and generations of an arm; human ceilings need no samples to start."""
    arm = arm_of(wildcards)
    first = 1 if arm.regime.name in HUMAN_CEILINGS else 0
    return [
        f"{DATA}/{folder}/{wildcards.paper}/{wildcards.arm}/seed{seed}/gen{generation}.parquet"
        for seed in seeds_of(wildcards.paper, arm)
        for generation in range(first, arm.generations + 1)
    ]


def generation_0_scores(wildcards):
    folder = f"{DATA}/scores/{wildcards.paper}/{family_name(wildcards)}"
    return [f"{folder}/seed{seed}/gen0.parquet" for seed in seeds_of(wildcards.paper, arm_of(wildcards))]


def training_resources(wildcards, attempt):
    """Minutes: a published model takes hours per generation, and a retry gets more."""
    return (720 if family_of(wildcards).model.width > 256 else 60) * attempt


def gpus(wildcards):
    return 1 if family_of(wildcards).model.width > 256 or family_of(wildcards).model.pretrained else 0


CONTINUED = [name for models in PAPERS.values() for name, arm in models.arms.items() if arm.weights == "continued"]
REINITIALISED = [name for models in PAPERS.values() for name in models.arms if name not in CONTINUED]
FETCHED = [name for models in PAPERS.values() for name, family in models.families.items() if family.model.pretrained]
PRETRAINED_HERE = [
    name for models in PAPERS.values() for name, family in models.families.items() if family.base_corpus is not None
]


FAMILIES = {paper: sorted({PAPERS[paper].arms[name].family for name in names}) for paper, names in ARMS.items()}


wildcard_constraints:
    paper=names_of(PAPERS),
    arm=names_of(name for models in PAPERS.values() for name in models.arms),
    family=names_of(name for models in PAPERS.values() for name in models.families),
    seed=r"\d+",
    generation=r"[1-9]\d*",


rule fetch_weights:
    output:
        model=f"{DATA}/models/{{paper}}/{{family}}/base.safetensors",
        record=f"{DATA}/models/{{paper}}/{{family}}/base.json",
    log:
        f"{LOGS}/fetch_weights/{{paper}}/{{family}}.log",
    wildcard_constraints:
        family=names_of(FETCHED),
    threads: 1
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        settings=lambda wildcards: settings(family_of(wildcards).model),
    shell:
        "modelcollapse fetch-weights --settings {params.settings:q} --model {output.model} --record {output.record} 2> {log}"


rule fit_base:
    input:
        lambda wildcards: encoded(family_of(wildcards).base_corpus, family_of(wildcards).tokenizer).values(),
    output:
        model=f"{DATA}/models/{{paper}}/{{family}}/base.safetensors",
        record=f"{DATA}/models/{{paper}}/{{family}}/base.json",
    log:
        f"{LOGS}/fit_base/{{paper}}/{{family}}.log",
    wildcard_constraints:
        family=names_of(PRETRAINED_HERE),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=training_resources,
        gpu=gpus,
    params:
        family=lambda wildcards: settings(family_of(wildcards), exclude=("train_rows", "test_rows", "training")),
        text=lambda wildcards, input: Path(input[0]).parent,
        code=code_hash("recursion.generation"),
    shell:
        "modelcollapse fit-base --family {params.family:q} --seed 0 --text {params.text} --model {output.model}"
        " --record {output.record} 2> {log}"


rule fit_generation_0:
    input:
        unpack(human_text),
        unpack(base_of),
    output:
        model=f"{DATA}/models/{{paper}}/{{family}}/seed{{seed}}/gen0.safetensors",
        scores=f"{DATA}/scores/{{paper}}/{{family}}/seed{{seed}}/gen0.parquet",
    log:
        f"{LOGS}/fit_generation_0/{{paper}}/{{family}}/seed{{seed}}.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=training_resources,
        gpu=gpus,
    params:
        family=family_settings,
        text=lambda wildcards, input: Path(input.train).parent,
        base=base_option,
        code=code_hash("recursion.generation"),
    shell:
        "modelcollapse fit-generation-0 --family {params.family:q} --seed {wildcards.seed} --text {params.text} {params.base}"
        " --model {output.model} --scores {output.scores} 2> {log}"


rule sample_generation_0:
    input:
        unpack(human_text),
        model_0=model_0,
    output:
        samples=f"{DATA}/synthetic/{{paper}}/{{arm}}/seed{{seed}}/gen0.parquet",
        scores=f"{DATA}/scores/{{paper}}/{{arm}}/seed{{seed}}/gen0.parquet",
    log:
        f"{LOGS}/sample_generation_0/{{paper}}/{{arm}}/seed{{seed}}.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=training_resources,
        gpu=gpus,
    params:
        arm=lambda wildcards: settings(arm_of(wildcards), exclude=("role", "label", "samples_in_dvc", "generations", "seeds", "training")),
        family=family_settings,
        text=lambda wildcards, input: Path(input.train).parent,
        code=code_hash("recursion.generation"),
    shell:
        "modelcollapse sample-generation-0 --arm {params.arm:q} --family {params.family:q} --seed {wildcards.seed}"
        " --text {params.text} --model-0 {input.model_0} --samples {output.samples} --scores {output.scores}"
        " 2> {log}"


rule run_generation:
    input:
        unpack(human_text),
        unpack(base_of),
        model_0=model_0,
        earlier=earlier_samples,
    output:
        samples=f"{DATA}/synthetic/{{paper}}/{{arm}}/seed{{seed}}/gen{{generation}}.parquet",
        scores=f"{DATA}/scores/{{paper}}/{{arm}}/seed{{seed}}/gen{{generation}}.parquet",
    log:
        f"{LOGS}/run_generation/{{paper}}/{{arm}}/seed{{seed}}/gen{{generation}}.log",
    wildcard_constraints:
        arm=names_of(REINITIALISED),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=training_resources,
        gpu=gpus,
    params:
        arm=arm_settings,
        family=family_settings,
        text=lambda wildcards, input: Path(input.train).parent,
        weights=base_option,
        earlier=lambda wildcards, input: repeated("earlier", input.earlier),
        model="",
        code=code_hash("recursion.generation"),
    shell:
        "modelcollapse run-generation --arm {params.arm:q} --family {params.family:q} --seed {wildcards.seed}"
        " --generation {wildcards.generation} --text {params.text} --model-0 {input.model_0} {params.weights}"
        " {params.earlier} --samples {output.samples} --scores {output.scores} {params.model}"
        " 2> {log}"


use rule run_generation as continue_generation with:
    input:
        unpack(human_text),
        unpack(previous_model),
        model_0=model_0,
        earlier=earlier_samples,
    output:
        samples=f"{DATA}/synthetic/{{paper}}/{{arm}}/seed{{seed}}/gen{{generation}}.parquet",
        scores=f"{DATA}/scores/{{paper}}/{{arm}}/seed{{seed}}/gen{{generation}}.parquet",
        model=f"{DATA}/models/{{paper}}/{{arm}}/seed{{seed}}/gen{{generation}}.safetensors",
    wildcard_constraints:
        arm=names_of(CONTINUED),
    params:
        arm=arm_settings,
        family=family_settings,
        text=lambda wildcards, input: Path(input.train).parent,
        weights=lambda wildcards, input: option("previous", input.previous),
        earlier=lambda wildcards, input: repeated("earlier", input.earlier),
        model=lambda wildcards, output: option("model", output.model),
        code=code_hash("recursion.generation"),


rule measure_arm:
    input:
        unpack(human_text),
        generation_0=generation_0_scores,
        samples=lambda wildcards: numbered(wildcards, "synthetic"),
        scores=lambda wildcards: numbered(wildcards, "scores"),
    output:
        table=f"{DATA}/measures/{{paper}}/{{arm}}.parquet",
    log:
        f"{LOGS}/measure_arm/{{paper}}/{{arm}}.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        family=family_settings,
        text=lambda wildcards, input: Path(input.train).parent,
        generation_0=lambda wildcards, input: repeated("generation-0", input.generation_0),
        samples=lambda wildcards, input: repeated("samples", input.samples),
        scores=lambda wildcards, input: repeated("scores", input.scores),
        code=code_hash("measures.arm"),
    shell:
        "modelcollapse measure-arm --family {params.family:q} --text {params.text} --table {output.table}"
        " {params.generation_0} {params.samples} {params.scores} 2> {log}"
