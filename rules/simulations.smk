# Every experiment without language models, <paper>/<topic>/<name>, as the papers declare them.
SIMULATIONS = {
    f"{paper}/{topic}/{name}": simulation
    for paper in WORKSPACE.papers
    for (topic, name), simulation in WORKSPACE.simulations(paper).items()
}

run_simulation_step = step_of(simulation_steps.run_simulation)


rule run_simulation:
    input:
        inputs_of(run_simulation_step),
    output:
        PLACES.simulation("{simulation}"),
    log:
        PLACES.log("run_simulation", "{simulation}"),
    wildcard_constraints:
        simulation=names_of(name for name, simulation in SIMULATIONS.items() if not simulation.arrays),
    threads: lambda wildcards: CONFIG.threads if SIMULATIONS[wildcards.simulation].uses_torch else 1
    resources:
        mem_mb=lambda wildcards: SIMULATIONS[wildcards.simulation].memory_mb,
        runtime=lambda wildcards: SIMULATIONS[wildcards.simulation].minutes,
        gpu=lambda wildcards: int(getattr(WORKSPACE.simulation_settings(wildcards.simulation), "gpu", False)),
    params:
        settings=settings_of(run_simulation_step),
        code=code_of(run_simulation_step),
    shell:
        "modelcollapse run-simulation {wildcards.simulation} {MERGED} {DEVICE} 2> {log}"


# Experiments whose figures need more than a table.
use rule run_simulation as run_simulation_with_arrays with:
    output:
        PLACES.simulation("{simulation}"),
        PLACES.simulation("{simulation}", "npz"),
    log:
        PLACES.log("run_simulation_with_arrays", "{simulation}"),
    wildcard_constraints:
        simulation=names_of(name for name, simulation in SIMULATIONS.items() if simulation.arrays),
