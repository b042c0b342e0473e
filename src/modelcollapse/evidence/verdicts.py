"""From decisions to verdicts: what a result says about a paper, and how far it reaches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from modelcollapse.evidence.claims import ClaimSettings, ClaimsFile, PartSettings, margin_of
from modelcollapse.evidence.decisions import (
    SIGNIFICANCE,
    Decision,
    conjunction,
    decide_difference,
    decide_equivalence,
    decide_exact,
)
from modelcollapse.evidence.estimates import Estimate
from modelcollapse.evidence.quantities import Registry, at_scale
from modelcollapse.measures.paper_data import NotAvailable, PaperData

Term = Literal[
    "reproduced",
    "not reproduced",
    "direction holds (proxy)",
    "direction fails (proxy)",
    "inconclusive",
    "not testable at this scale",
]
TERMS: tuple[Term, ...] = Term.__args__
AMENDED = "[amended]"


@dataclass(frozen=True)
class Judged:
    """One estimate of one part, and what it decided."""

    part: int
    settings: PartSettings
    estimate: Estimate
    decision: Decision


@dataclass(frozen=True)
class Verdict:
    """What a run says about one claim."""

    term: Term
    detail: str
    """Deviations, reason or minimum detectable effect."""
    judged: tuple[Judged, ...] = ()
    """Everything that was computed, decisive or only shown."""
    p: float | None = None
    """None where no verdict was given, or chance plays no part."""

    @property
    def replicates(self) -> int | None:
        """Fewest replicates among the deciding estimates."""
        counts = [item.estimate.replicates for item in self.judged if not item.settings.shown_only]
        return min((count for count in counts if count is not None), default=None)

    def text(self, amended: bool = False) -> str:
        """The cell of ``claims.csv``: ``term``, ``[amended]`` if the rule changed since the first run, ``: detail``."""
        mark = f" {AMENDED}" if amended else ""
        return f"{self.term}{mark}" + (f": {self.detail}" if self.detail else "")


def verdict_term(text: str) -> Term:
    """The bare verdict in a cell of ``claims.csv``.

    Raises:
        ValueError: it begins with none of the terms.
    """
    # longer terms first: none is the beginning of another today, and none will hide another tomorrow
    for term in sorted(TERMS, key=len, reverse=True):
        if text == term or text.startswith((f"{term}:", f"{term} {AMENDED}")):
            return term
    raise ValueError(f"{text!r} is no verdict: expected one of {', '.join(TERMS)}.")


def judge_claim(
    claim: ClaimSettings, file: ClaimsFile, registry: Registry, data: PaperData, scale: str, deviations: Sequence[str]
) -> Verdict:
    """Compute a claim's quantities and decide.

    Args:
        claim: the claim.
        file: the file it stands in.
        registry: quantities by name.
        data: result files.
        scale: the config's scale.
        deviations: those that concern this claim (``relevant_deviations``); none means: as published.
    """
    as_published = claim.mathematical or not deviations
    reason = file.reason(claim, scale)
    judged: list[Judged] = []
    for number, part in enumerate(claim.parts, 1):
        if part.only_as_published and not as_published:
            continue
        try:
            estimates = registry[part.quantity].function(data, **at_scale(part.arguments, scale))
        except NotAvailable as error:
            if not part.shown_only:
                reason = reason or str(error)
            continue
        judged += [Judged(number, part, estimate, _decide(part, estimate, registry)) for estimate in estimates]
    if reason:
        return Verdict("not testable at this scale", reason, tuple(judged))
    return _verdict(claim, judged, as_published, deviations)


def relevant_deviations(claim: ClaimSettings, file: ClaimsFile, scale: str, deviations: Sequence[str]) -> list[str]:
    """The deviations that concern a claim.

    A deviation reads ``key = ours (paper: theirs)``. One whose key names another experiment, or an arm or mixture the claim
    does not use, is left out; so are numbers of seeds (``minimum_n`` judges them) and the settings that the claims file
    lists as published for that arm. Mathematical claims have none.
    """
    if claim.mathematical:
        return []
    used = _names_used(claim, scale)
    found = []
    for deviation in deviations:
        key, _, rest = deviation.partition(" = ")
        segments = key.split(".")
        if not _concerns(segments, claim.experiment, used) or segments[-1] == "seeds":
            continue
        ours = rest.rsplit(" (paper:", 1)[0].strip()
        if not _is_published(segments, ours, file.published_settings):
            found.append(deviation)
    return found


def headline_counts(claims: pd.DataFrame) -> dict[str, int]:
    """Claims per verdict, counting a decision only where its Holm-adjusted p is below 5 % (or chance plays no part)."""
    counts = dict.fromkeys(TERMS, 0)
    for row in claims.itertuples():
        term = verdict_term(row.verdict)
        decided = term in TERMS[:4]
        adjusted = pd.to_numeric(row.p_holm, errors="coerce")
        counts["inconclusive" if decided and adjusted >= SIGNIFICANCE else term] += 1
    return counts


def _decide(part: PartSettings, estimate: Estimate, registry: Registry) -> Decision:
    if part.kind == "exact":
        return decide_exact(estimate.value, part.digits, part.reference)
    margin = margin_of(part, registry[part.quantity])
    if part.kind == "equivalence":
        return decide_equivalence(estimate, margin, part.reference)
    return decide_difference(estimate, part.direction, margin, part.reference)


def _verdict(claim: ClaimSettings, judged: Sequence[Judged], as_published: bool, deviations: Sequence[str]) -> Verdict:
    kept = tuple(judged)
    deciding = [item for item in kept if not item.settings.shown_only]
    counts = [item.estimate.replicates for item in deciding if item.estimate.replicates is not None]
    fewest = min(counts, default=claim.minimum_n)
    if fewest < claim.minimum_n:
        what = claim.replicate.replace("_", " ")
        detail = (
            f"shown without a verdict: {fewest} {what}{'' if fewest == 1 else 's'}, a verdict needs {claim.minimum_n}"
        )
        return Verdict("inconclusive", detail, kept)
    # deterministic parts have no p value of their own
    decision = conjunction([item.decision for item in deciding])
    p = decision.p if counts else None
    if decision.outcome == "inconclusive":
        effect = decision.minimum_detectable_effect
        detail = "" if effect is None else f"minimum detectable effect {effect:.3g}"
        return Verdict("inconclusive", "; ".join([detail, *_undecided(deciding)]), kept, p)
    if as_published:
        term: Term = "reproduced" if decision.outcome == "holds" else "not reproduced"
        return Verdict(term, "", kept, p)
    term = "direction holds (proxy)" if decision.outcome == "holds" else "direction fails (proxy)"
    return Verdict(term, "; ".join(deviations), kept, p)


def _undecided(deciding: Sequence[Judged]) -> list[str]:
    """Names the open parts of a conjunction; nothing for a claim with one part."""
    if len(deciding) == 1:
        return []
    names = [item.estimate.label for item in deciding if item.decision.outcome != "holds"]
    return [f"{len(names)} of {len(deciding)} parts open ({names[0]}{', ...' if len(names) > 1 else ''})"]


def _names_used(claim: ClaimSettings, scale: str) -> set[str]:
    return {
        value
        for part in claim.parts
        if not part.shown_only
        for value in at_scale(part.arguments, scale).values()
        if isinstance(value, str)
    }


def _concerns(segments: Sequence[str], experiment: str, used: set[str]) -> bool:
    groups = {"families": "language_model", "arms": "language_model"}
    named = {groups.get(segment, segment) for segment in segments}
    experiments = named & {"language_model", "mixture", "vae", "theory", "images"}
    if experiments and experiment not in experiments:
        return False
    for group in ("arms", "mixture", "images"):
        if group in segments[:-1] and segments[segments.index(group) + 1] not in used:
            return len(segments) == segments.index(group) + 2 and group == "mixture" and not used
    return True


def _is_published(segments: Sequence[str], ours: str, published: Mapping[str, Mapping[str, Any]]) -> bool:
    for name, settings in published.items():
        if name in segments:
            key = ".".join(segments[segments.index(name) + 1 :])
            if key in settings and _plain(settings[key]) == ours:
                return True
    return False


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else re.sub(r"^'|'$", "", str(value))
