# Figures and tables, topic by topic. What is shown is in Git, so a failing job must not delete it: update().
TOPICS = {f"{paper}/{name}": topic for paper in WORKSPACE.papers for name, topic in WORKSPACE.topics(paper).items()}


def caption_of(paper, name):
    return f"{workflow.basedir}/src/modelcollapse/papers/{paper}/captions/{name}.rst"


def shown(paper, topic, name, path, kind):
    """An output of a topic, kept when its job fails; SVG and CSV stand in the report with their caption."""
    if path.endswith((".png", ".md")):
        return update(path)
    caption = caption_of(paper, name if kind == "figure" else f"table_{name}")
    return report(update(path), caption=caption, category=paper, subcategory=topic, labels={"kind": kind, "name": name})


for full_name, topic in TOPICS.items():
    paper = full_name.split("/")[0]
    drawn, written = (
        build(WORKSPACE, full_name) for build in (presentation_steps.draw_figures, presentation_steps.write_tables)
    )

    if topic.figures:

        rule:
            name:
                f"draw_figures_{paper}_{topic.name}"
            input:
                [str(path) for path in drawn.inputs.values()],
            output:
                [
                    shown(paper, topic.name, role.rpartition(".")[0], str(path), "figure")
                    for role, path in drawn.outputs.items()
                ],
            log:
                PLACES.log("draw_figures", full_name),
            threads: 1
            resources:
                mem_mb=4000,
                runtime=30,
            params:
                topic=full_name,
                settings=json.dumps(drawn.parameters, sort_keys=True),
                code=" ".join([drawn.code, *map("=".join, drawn.libraries.items())]),
            shell:
                "modelcollapse draw-figures {params.topic} {MERGED} 2> {log}"

    if topic.tables:

        rule:
            name:
                f"write_tables_{paper}_{topic.name}"
            input:
                [str(path) for path in written.inputs.values()],
            output:
                [
                    shown(paper, topic.name, role.rpartition(".")[0], str(path), "table")
                    for role, path in written.outputs.items()
                ],
            log:
                PLACES.log("write_tables", full_name),
            threads: 1
            resources:
                mem_mb=4000,
                runtime=30,
            params:
                topic=full_name,
                settings=json.dumps(written.parameters, sort_keys=True),
                code=" ".join([written.code, *map("=".join, written.libraries.items())]),
            shell:
                "modelcollapse write-tables {params.topic} {MERGED} 2> {log}"
