"""``modelcollapse measure``: diversity of anybody's texts, and of the human text that the papers start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

Files = Annotated[list[Path], typer.Argument(help="Parquet, JSON lines (.jsonl) or text files; .gz is unpacked.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (measure, measure_human):
        app.command()(command)


def measure(
    files: Files,
    measures: Annotated[
        str | None, typer.Option(help="Names separated by commas, or: lexical, semantic, syntactic.")
    ] = None,
    n_tokens: Annotated[
        int | None, typer.Option(help="Tokens drawn for pooled measures; by default what the smallest file has.")
    ] = None,
    n_texts: Annotated[
        int | None, typer.Option(help="Texts drawn from each file; by default what the smallest file has.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of draws and half-samples.")] = 0,
    column: Annotated[str, typer.Option(help="Column or JSON key of the text.")] = "text",
    unit: Annotated[str, typer.Option(help="A text of a plain file is a line, a paragraph or the file.")] = "line",
    tokenizer: Annotated[str, typer.Option(help="words, wordpunct or whitespace.")] = "words",
    tokens_per_text: Annotated[
        int | None, typer.Option(help="Lexical measures see the first so many tokens of each text.")
    ] = None,
    half_samples: Annotated[int, typer.Option(help="Of the jackknife; 0 gives no intervals.")] = 200,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of one measure, such as self_bleu.max_order=3; repeatable.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="File whose words are the known ones of unknown_word_share, which it adds.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the table to this CSV file too.")] = None,
) -> None:
    """Measure the diversity of the texts in files, with intervals, all files at the same number of texts and tokens."""
    from modelcollapse.diversity.lexical.per_text import vocabulary_of
    from modelcollapse.diversity.measure_files import measure_files, read_texts
    from modelcollapse.diversity.measurement import measure_names

    options = parse_options(option or [])
    names = measure_names([name.strip() for name in measures.split(",")] if measures else None)
    if reference is not None:
        known = vocabulary_of(read_texts(reference, column, unit), tokenizer)
        names = list(dict.fromkeys([*names, "unknown_word_share"]))
        options.setdefault("unknown_word_share", {})["vocabulary"] = known
    table = measure_files(
        files,
        names,
        n_tokens,
        n_texts,
        seed,
        column=column,
        unit=unit,
        tokenizer=tokenizer,
        tokens_per_text=tokens_per_text,
        options=options,
        half_samples=half_samples,
    )
    if output is not None:
        table.to_csv(output, index=False)
    print(table.to_markdown(index=False, floatfmt=".4g"))


def measure_human(
    corpus_mirror: Annotated[Path, typer.Argument(help="Folder with news, abstracts, tinystories and wikitext.")],
    page: Annotated[Path | None, typer.Option(help="Page with the marks between which the table goes.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Figure to write, as SVG and PNG.")] = None,
    half_samples: Annotated[int, typer.Option(help="Of the jackknife.")] = 200,
) -> None:
    """Measure human text at stated sizes beside Guo et al.'s Human rows."""
    from modelcollapse.diversity.measure_human import human_curves, human_rows
    from modelcollapse.presentation.diversity_sizes import draw_human_sizes, human_table, write_human_table

    rows = human_rows(corpus_mirror, half_samples)
    if figure is not None:
        outputs = {kind: figure.with_suffix(f".{kind}") for kind in ("svg", "png")}
        draw_human_sizes(rows, human_curves(corpus_mirror), outputs)
    if page is not None:
        write_human_table(page, rows)
    print(human_table(rows))


def parse_options(texts: list[str]) -> dict[str, dict[str, Any]]:
    """``["self_bleu.max_order=3"]`` -> ``{"self_bleu": {"max_order": 3}}``; values are JSON, else strings.

    Raises:
        ValueError: a text of another form.
    """
    options: dict[str, dict[str, Any]] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        measure_name, dot, key = path.partition(".")
        if not (equals and dot and measure_name and key):
            raise ValueError(f"An option is written MEASURE.OPTION=VALUE, such as self_bleu.max_order=3, not {text!r}.")
        try:
            parsed = json.loads(value)
        except json.JSONDecodeError:
            parsed = value
        options.setdefault(measure_name, {})[key] = parsed
    return options
