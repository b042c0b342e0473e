# A target per paper: its data as well as what is shown of it, since results are in Git and a clone must not think it is done.
from pathlib import Path


def paper_targets(paper):
    """Everything that is made for a paper."""
    data = presentation_steps.flat(presentation_steps.paper_files(WORKSPACE, paper)).values()
    shown = [
        path
        for name in WORKSPACE.topics(paper)
        for build in (presentation_steps.draw_figures, presentation_steps.write_tables)
        for path in build(WORKSPACE, f"{paper}/{name}").outputs.values()
    ]
    pages = [PLACES.paper(paper, file) for file in ("claims.csv", "claims.md")]
    return [*map(str, data), *map(str, shown), *pages]


for paper in WORKSPACE.papers:

    rule:
        name:
            paper
        input:
            paper_targets(paper),
        localrule: True


# What only one paper has stands in rules/<paper>.smk.
for paper in WORKSPACE.papers:
    if (Path(workflow.basedir) / "rules" / f"{paper}.smk").exists():

        include: f"{paper}.smk"


localrules:
    all,
