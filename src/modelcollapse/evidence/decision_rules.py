"""The rule of a claim in words, made from the machine-readable rule, and the hash by which a changed rule is known."""

from __future__ import annotations

import hashlib
import json

from modelcollapse.evidence.claims_file import ClaimSettings, ClaimsFile, PartSettings
from modelcollapse.evidence.quantities import DEFAULT_MARGINS, Quantity, Registry

HASH_LENGTH = 12


def margin_of(part: PartSettings, quantity: Quantity) -> float:
    """The part's margin, or the default of its quantity's unit; a claims file with neither is refused."""
    return part.margin if part.margin is not None else DEFAULT_MARGINS[quantity.unit]


def rule_text(claim: ClaimSettings, registry: Registry) -> str:
    """The decision rule in words, made from the machine-readable rule, with its hash at the end."""
    deciding = [part for part in claim.parts if not part.shown_only]
    sentences = [_part_text(part, registry[part.quantity]) for part in deciding]
    if len(sentences) > 1:
        sentences = [f"({number}) {sentence}" for number, sentence in enumerate(sentences, 1)]
        sentences.insert(0, "all of:")
    return f"{' '.join(sentences)} At least {claim.minimum_n} {claim.replicate}s. [rule {rule_hash(claim, registry)}]"


def rule_hash(claim: ClaimSettings, registry: Registry) -> str:
    """Hash of everything that decides: parts (margins filled in), least replicates, scales; not of words or figures."""
    parts = [
        part.model_dump() | {"margin": None if part.kind == "exact" else margin_of(part, registry[part.quantity])}
        for part in claim.parts
        if not part.shown_only
    ]
    decisive = {
        "parts": parts,
        "minimum_n": claim.minimum_n,
        "scales": sorted(claim.scales),
        "mathematical": claim.mathematical,
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:HASH_LENGTH]


def rule_hashes(file: ClaimsFile, registry: Registry) -> dict[str, str]:
    """Claim id -> hash of its rule, by which an amended rule is known."""
    return {claim.id: rule_hash(claim, registry) for claim in file.claims}


def _part_text(part: PartSettings, quantity: Quantity) -> str:
    words = quantity.describe(part.arguments)
    if part.kind == "exact":
        test = f"equals {part.reference:g} to {part.digits} digits"
    elif part.kind == "equivalence":
        test = f"90 % interval inside {part.reference:g} +- {margin_of(part, quantity):g}"
    else:
        test = f"{part.direction} {part.reference:g}: 95 % interval excludes it"
        if margin_of(part, quantity):
            test += f", estimate at least {margin_of(part, quantity):g} away"
    reach = " (only where all is as published)" if part.only_as_published else ""
    return f"{part.kind}: {words}: {test}{reach}."
