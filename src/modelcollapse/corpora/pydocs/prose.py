"""From docstrings to paragraphs of English prose: code, tables, parameter lists and markup are left behind."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


MINIMUM_WORDS = 8
MAXIMUM_WORDS = 250
SUMMARY_WORDS = (3, 30)
"""Fewest and most words of a summary."""

_UNDERLINE = re.compile(r"^\s*(-{3,}|={3,}|~{3,}|\^{3,})\s*$")
_KEPT_SECTIONS = frozenset(
    {"notes", "note", "warnings", "warning", "description", "examples", "example", "extended summary"}
)
_DROPPED_SECTIONS = frozenset(
    {
        "parameters",
        "other parameters",
        "returns",
        "return",
        "yields",
        "receives",
        "raises",
        "warns",
        "attributes",
        "methods",
        "see also",
        "references",
        "keyword arguments",
        "keyword args",
        "arguments",
        "args",
        "inputs",
        "outputs",
        "shape",
    }
)
_BLOCK_HEADER = re.compile(
    r"^\s*(args?|arguments?|kwargs|parameters?|params|keyword (args|arguments)|returns?|yields?|raises?|attributes?|"
    r"shape|examples?( \w+)?|inputs?|outputs?|references?|see also|usage|variables?|type aliases|model args|methods?)"
    r"\s*:{1,2}\s*$",
    re.IGNORECASE,
)
_DIRECTIVE = re.compile(r"^\s*\.\.\s")
_PROSE_DIRECTIVE = re.compile(r"^\s*\.\.\s+(note|warning|tip|important|caution|attention|hint)::\s*(.*)$")
_BULLET = re.compile(r"^\s*(?:[-*+\u2022]|\(?\d{1,2}[.)]|#\.)\s+")
_FIELD = re.compile(r"^\s*[:@][a-zA-Z][\w *,]*:?\s")
_TABLE = re.compile(r"^\s*(\+[-=+]+|\|.*|={3,}[ =]*|-{3,}[ -]*)\s*$")

_ROLE_WITH_TITLE = re.compile(r":[\w:.+-]+:`([^`<]+?)\s*<[^`>]*>`")
_ROLE = re.compile(r":[\w:.+-]+:`[~!]?([^`]*)`")
_LINK = re.compile(r"`([^`<]+?)\s*<[^`>]*>`__?")
_CROSS_REFERENCE = re.compile(r"\[`~?([^`\]]+)`\]")
_MARKDOWN_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_FOOTNOTE = re.compile(r"\s*\[[#\w*]{1,12}\]_|\s*\[\d{1,2}\](?=[\s,.;)])")
_SPOKEN_FOOTNOTE = re.compile(r"\b(of|in|see|by|from|and|to|with|on)\s*\[[#\w*]{1,12}\]_?", re.IGNORECASE)
_LITERAL = re.compile(r"``?([^`]*)``?_{0,2}")
_STRONG = re.compile(r"(\*{1,2})(?=\S)([^*]+?)(?<=\S)\1")
_MARKED = re.compile(r"[`*\[]")
_SPACE = re.compile(r"\s+")
_PLAIN = re.compile(r"^[(\"'\u201c]*[A-Za-z]+(?:['\u2019-][A-Za-z]+)*[)\"'\u201d.,;:!?]*$")
_SENTENCE_END = re.compile(r"[.!?][)\"'\u201d]*$")
_SENTENCE_START = re.compile(r"^[(\"'\u201c]*[A-Z]")
_FUNCTION_WORDS = _word_set(
    """
    the a an of to in is are be and or for that this it with as by on at from if not can will which when was has have
    but we you its than then these those their there where such used only also any all each into does may should
    """
)
_UNWANTED = re.compile(
    r"\\|https?:|www\.|[{}`|]|>>>|</|<pad>|==|->|::|\]_|copyright|license|[^\x00-\x7f]", re.IGNORECASE
)


@dataclass(frozen=True)
class Reading:
    """What a docstring says in English.

    Attributes:
        summary: its first paragraph, if that is a short line of text; else empty. Need not be a whole sentence.
        paragraphs: its prose paragraphs in order, the summary included if it is prose.
        extension: the first prose paragraph after the summary; empty if there is none.
    """

    summary: str
    paragraphs: tuple[str, ...]
    extension: str


def read(docstring: str) -> Reading:
    """The prose of a docstring, markup removed.

    Kept are paragraphs of whole English sentences with ``MINIMUM_WORDS`` to ``MAXIMUM_WORDS`` words. Dropped are code,
    doctests, literal blocks, parameter and return sections (NumPy and Google style), tables, citations and field lists.
    """
    blocks = _blocks(_without_sections(inspect.cleandoc(docstring).splitlines()))
    found: list[str] = []
    summary = extension = ""
    for index, block in enumerate(blocks):
        text = plain(" ".join(block))
        prose = is_prose(text)
        if index == 0 and SUMMARY_WORDS[0] <= len(text.split()) <= SUMMARY_WORDS[1]:
            summary = text if text[0].isalpha() and not _UNWANTED.search(text) else ""
        elif prose and not extension:
            extension = text
        if prose:
            found.append(text)
    return Reading(summary, tuple(found), extension)


def plain(text: str) -> str:
    """Text without the inline markup of reStructuredText and Markdown, single-spaced.

    Footnote marks that the sentence needs ("as in [1]_") stay, and make ``is_prose`` refuse it.
    """
    if not _MARKED.search(text):
        return _SPACE.sub(" ", text).strip()
    text = _CROSS_REFERENCE.sub(lambda match: match[1].rsplit(".", 1)[-1], text)
    for pattern in (_ROLE_WITH_TITLE, _LINK, _MARKDOWN_LINK):
        text = pattern.sub(r"\1", text)
    text = _ROLE.sub(lambda match: match[1].rsplit(".", 1)[-1] if " " not in match[1] else match[1], text)
    text = _LITERAL.sub(r"\1", text)
    text = _STRONG.sub(r"\2", text)
    if not _SPOKEN_FOOTNOTE.search(text):
        text = _FOOTNOTE.sub("", text)
    return _SPACE.sub(" ", text).strip()


def is_prose(text: str) -> bool:
    """Whether the text is one or more whole English sentences, mostly of plain words."""
    if not _SENTENCE_START.match(text) or not _SENTENCE_END.search(text):
        return False
    words = text.split()
    if not MINIMUM_WORDS <= len(words) <= MAXIMUM_WORDS or _UNWANTED.search(text):
        return False
    ordinary = sum(1 for word in words if word.isalpha() or _PLAIN.match(word))
    functional = sum(1 for word in words if word in _FUNCTION_WORDS)
    return ordinary >= 0.85 * len(words) and functional >= 0.2 * len(words)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_sections(lines: list[str]) -> list[str]:
    """Drop NumPy-style sections (underlined titles) that hold no prose, and all underlines."""
    kept: list[str] = []
    dropping = False
    for index, line in enumerate(lines):
        underlined = index + 1 < len(lines) and line.strip() and _UNDERLINE.match(lines[index + 1])
        if underlined:
            title = line.strip().lower().rstrip(":")
            if title in _DROPPED_SECTIONS:
                dropping = True
            elif title in _KEPT_SECTIONS or not line.startswith(" "):
                dropping = False
            kept.append("")
        elif _UNDERLINE.match(line) and index and kept and kept[-1] == "":
            continue
        elif not dropping:
            kept.append(line)
    return kept


def _blocks(lines: list[str]) -> list[list[str]]:
    """Paragraphs as lists of lines, list items apart, without code, directives, tables and argument lists."""
    blocks: list[list[str]] = [[]]
    skip_deeper_than: int | None = None
    in_doctest = in_fence = False
    for line in lines:
        stripped = line.strip()
        if stripped.startswith(("```", "~~~")):
            in_fence = not in_fence
            blocks.append([])
            continue
        if in_fence:
            continue
        if not stripped:
            in_doctest = False
            blocks.append([])
            continue
        if skip_deeper_than is not None:
            if _indent(line) > skip_deeper_than:
                continue
            skip_deeper_than = None
        if in_doctest:
            continue
        if stripped.startswith((">>>", "In [", "$ ")):
            in_doctest = True
            blocks.append([])
        elif prose_directive := _PROSE_DIRECTIVE.match(line):
            blocks.append([prose_directive[2]] if prose_directive[2] else [])
        elif _DIRECTIVE.match(line) or _BLOCK_HEADER.match(line):
            skip_deeper_than = _indent(line)
            blocks.append([])
        elif _FIELD.match(line) or _TABLE.match(line):
            # an impossible sentence, so that the whole paragraph around a table or field is dropped
            blocks[-1].append("|")
        else:
            if _BULLET.match(line):
                blocks.append([])
                stripped = _BULLET.sub("", line).strip()
            if stripped.endswith("::"):
                skip_deeper_than = _indent(line)
                stripped = stripped[:-1]
            blocks[-1].append(stripped)
    return [block for block in blocks if block]
