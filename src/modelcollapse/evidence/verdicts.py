"""From decisions to verdicts: what a result says about a paper, and how far it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from modelcollapse.evidence.claims_file import ClaimSettings, ClaimsFile, PartSettings
from modelcollapse.evidence.decision_rules import margin_of
from modelcollapse.evidence.decisions import (
    SIGNIFICANCE,
    Decision,
    conjunction,
    decide_difference,
    decide_equivalence,
    decide_exact,
)
from modelcollapse.evidence.deviations import Deviation
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
    """Why there is no verdict, or never more than a proxy; or the minimum detectable effect."""
    judged: tuple[Judged, ...] = ()
    """Everything that was computed, decisive or only shown."""
    p: float | None = None
    """None where no verdict was given, or chance plays no part."""

    @property
    def replicates(self) -> int | None:
        """Fewest replicates among the deciding estimates."""
        counts = [item.estimate.replicates for item in self.judged if not item.settings.shown_only]
        return min((count for count in counts if count is not None), default=None)


def judge_claim(
    claim: ClaimSettings,
    file: ClaimsFile,
    registry: Registry,
    data: PaperData,
    scale: str,
    deviations: Sequence[Deviation],
    missing: Sequence[str] = (),
) -> Verdict:
    """Compute a claim's quantities and decide.

    Args:
        claim: the claim.
        file: the file it stands in.
        registry: quantities by name.
        data: result files.
        scale: the config's scale.
        deviations: those of the experiments that it judges. They are as published if none of these is verified, unless the
            claim is always a proxy.
        missing: experiments that it judges and that the config does not have.
    """
    as_published = not claim.always_proxy and all(deviation.unverified for deviation in deviations)
    reason = file.reason(claim, scale)
    if missing:
        reason = reason or f"this config does not have {', '.join(missing)}"
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
    return _verdict(claim, judged, as_published)


def headline_counts(claims: pd.DataFrame) -> dict[str, int]:
    """Claims per verdict, counting a decision only where its Holm-adjusted p is below 5 % (or chance plays no part).

    Raises:
        ValueError: something stands in the column ``verdict`` that is none.
    """
    counts = dict.fromkeys(TERMS, 0)
    for row in claims.itertuples():
        term = row.verdict
        if term not in counts:
            raise ValueError(f"{term!r} is no verdict: expected one of {', '.join(TERMS)}.")
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


def _verdict(claim: ClaimSettings, judged: Sequence[Judged], as_published: bool) -> Verdict:
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
        detectable = [] if effect is None else [f"minimum detectable effect {effect:.3g}"]
        return Verdict("inconclusive", "; ".join([*detectable, *_undecided(deciding)]), kept, p)
    if as_published:
        term: Term = "reproduced" if decision.outcome == "holds" else "not reproduced"
        return Verdict(term, claim.always_proxy, kept, p)
    term = "direction holds (proxy)" if decision.outcome == "holds" else "direction fails (proxy)"
    return Verdict(term, claim.always_proxy, kept, p)


def _undecided(deciding: Sequence[Judged]) -> list[str]:
    """Names the open parts of a conjunction; nothing for a claim with one part."""
    if len(deciding) == 1:
        return []
    names = [item.estimate.label for item in deciding if item.decision.outcome != "holds"]
    return [f"{len(names)} of {len(deciding)} parts open ({names[0]}{', ...' if len(names) > 1 else ''})"]
