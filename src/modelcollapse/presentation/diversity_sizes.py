"""How diversity measures of human text move with the size of the sample: figure and table."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from modelcollapse.presentation.style import MARKERS, PALETTE, legend_below, new_figure, save_figure
from modelcollapse.runtime.files import write_atomically

BEGIN, END = "<!-- human:begin -->", "<!-- human:end -->"
TITLES = {
    "type_token_ratio": "type-token ratio",
    "distinct_2": "distinct-2",
    "distinct_3": "distinct-3",
    "one_minus_self_bleu": "1 - Self-BLEU",
}


def draw_human_sizes(rows: pd.DataFrame, curves: pd.DataFrame, outputs: dict[str, Path]) -> None:
    """Measures against tokens or texts, Guo et al.'s Human rows as dotted lines in the colour of the nearest text."""
    figure, axes = new_figure(1, 4, 11.0, 3.0)
    names = list(dict.fromkeys(rows["text"]))
    colour = {name: PALETTE[index] for index, name in enumerate(names)}
    marker = dict(zip(names, MARKERS, strict=False))
    for axis, measure in zip(axes[0], TITLES, strict=True):
        measured = rows[rows["measure"] == measure]
        for name, group in measured.groupby("text", sort=False):
            line = curves[(curves["measure"] == measure) & (curves["text"] == name)]
            if len(line):
                axis.plot(line["size"], line["value"], color=colour[name])
            reach = [group["value"] - group["ci_low"], group["ci_high"] - group["value"]]
            style = "none" if len(line) else "-"
            axis.errorbar(
                group["size"],
                group["value"],
                reach,
                marker=marker[name],
                ls=style,
                color=colour[name],
                label=name,
                ms=4,
            )
        for _, group in measured.dropna(subset=["guo_value"]).groupby("guo_task", sort=False):
            axis.axhline(group["guo_value"].iloc[0], ls=":", lw=1.2, color=colour[group["text"].iloc[0]])
        axis.set(xscale="log", title=TITLES[measure], xlabel="tokens drawn")
    last = axes[0, -1]
    counts = sorted(set(rows.loc[rows["unit"] == "texts", "size"]))
    last.set(xlabel="texts", xticks=counts, xticklabels=[f"{count:,}" for count in counts])
    last.minorticks_off()
    last.plot([], [], ls=":", color="0.3", label="Guo et al., Human, in the colour of its task")
    axes[0, 0].set_ylabel("x 100")
    legend_below(figure, last, len(names) + 1)
    save_figure(figure, outputs)


def human_table(rows: pd.DataFrame) -> str:
    """Markdown: one line per text and measure, one column per size."""
    lines = []
    for (text, measure), group in rows.groupby(["text", "measure"], sort=False):
        sizes = "; ".join(
            f"{row.value:.1f} [{row.ci_low:.1f}, {row.ci_high:.1f}] at {row.size:,}"
            for row in group.itertuples(index=False)
        )
        first = group.iloc[0]
        guo = "" if pd.isna(first["guo_value"]) else f"{first['guo_value']} ({first['guo_task']})"
        implied = "" if pd.isna(first["implied_size"]) else f"{_two_digits(first['implied_size']):,} {first['unit']}"
        lines.append((text, TITLES[measure], f"{sizes} {first['unit']}", guo, implied))
    columns = ["text", "measure", "ours x100 [95 % interval] at size", "Guo's Human", "size at which ours equals Guo's"]
    return pd.DataFrame(lines, columns=columns).to_markdown(index=False, disable_numparse=True) + "\n"


def _two_digits(number: float) -> int:
    return int(float(f"{number:.1e}"))


def write_human_table(page: Path, rows: pd.DataFrame) -> None:
    """Put the table between its marks in a page.

    Raises:
        ValueError: the marks are missing.
    """
    text = page.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page} has lost its marks {BEGIN} and {END}: restore them, then run the same command.")
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    with write_atomically(page) as temporary:
        temporary.write_text(pattern.sub(lambda _: f"{BEGIN}\n{human_table(rows)}{END}", text), encoding="utf-8")
