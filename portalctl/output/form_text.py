"""Forms as text: the questions with their answers, line by line, everything in them safe to show."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from portalctl.models.forms import FilledForm, Question
from portalctl.output.safe import visible

_SCORES = ("itemWeight", "ordinalValue")


def form_lines(form: FilledForm) -> list[str]:
    """A form's questions, with the answers so far, its total and who signed it."""
    lines = [line for item in form.items for line in question_lines(item)]
    if form.score is not None:
        lines += ["", f"Total: {form.score:g}"]
    if form.signed is not None:
        signed = form.signed
        state = "" if signed.holds else ": WHAT IS KEPT IS NOT WHAT WAS SIGNED"
        lines += ["", visible(f"Signed by {signed.name} ({signed.relationship}), SHA-256 {signed.hash}{state}")]
    return lines


def question_lines(item: Question) -> list[str]:
    """One question with its answer below it."""
    margin = "  " * item.depth
    heading = heading_of(item)
    if item.type in ("group", "display"):
        return ["", f"{margin}{heading}"] if item.type == "group" else [f"{margin}{heading}"]
    answers = _lines("; ".join(item.answers), margin + "  ") or [f"{margin}  —"]
    return [f"{margin}{heading}", *answers]


def heading_of(item: Question) -> str:
    """What a question or a group says, on one line."""
    turn = item.key.removeprefix(item.key.rpartition("[")[0]) if item.type == "group" and item.repeats else ""
    text = item.text or item.link_id
    return visible(f"{item.prefix} {text}" if item.prefix else text) + (f" {turn}" if turn else "") + _mark(item)


def _lines(text: str, margin: str) -> list[str]:
    """The lines of an answer, each safe to show."""
    return [f"{margin}{visible(line)}" for line in text.splitlines()]


def _mark(item: Question) -> str:
    return " *" if item.required and item.type != "group" else ""


def response_lines(body: bytes) -> list[str]:
    """The answers of a QuestionnaireResponse, and their total. What is not one is shown as it is."""
    try:
        told = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return [visible(line) for line in body.decode("utf-8", "backslashreplace").splitlines()]
    scores: list[Decimal] = []
    lines = _items(told.get("item") if isinstance(told, dict) else None, "", scores)
    if scores:
        lines += ["", f"Total: {sum(scores, Decimal(0)).normalize():f}"]
    lines += [visible(f"Signed by {name}") for name in _signers(told)]
    return lines or ["No answers yet."]


def _items(items: Any, margin: str, scores: list[Decimal]) -> list[str]:
    lines: list[str] = []
    for item in _objects(items):
        text = visible(str(item.get("text") or item.get("linkId") or ""))
        answers = _objects(item.get("answer"))
        if not answers:
            lines += ["", f"{margin}{text}", *_items(item.get("item"), margin + "  ", scores)]
            continue
        lines.append(f"{margin}{text}")
        for answer in answers:
            lines += _lines(_text_of(answer, scores), margin + "  ")
            lines += _items(answer.get("item"), margin + "    ", scores)
    return lines


def _text_of(answer: dict[str, Any], scores: list[Decimal]) -> str:
    value = next((part for name, part in answer.items() if name.startswith("value")), "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, dict):
        return str(value)
    for extension in _objects(value.get("extension")):
        number = extension.get("valueDecimal")
        if str(extension.get("url")).endswith(_SCORES) and isinstance(number, int | Decimal):
            scores.append(Decimal(number))
    if "value" in value:
        return f"{value['value']} {value.get('unit') or value.get('code') or ''}".rstrip()
    named = value.get("display") or value.get("title") or value.get("code") or value.get("url") or ""
    return f"{named} ({value['url']})" if value.get("title") and value.get("url") else str(named)


def _signers(told: Any) -> list[str]:
    found = []
    for extension in _objects(told.get("extension")) if isinstance(told, dict) else []:
        signature = extension.get("valueSignature")
        who = signature.get("who") if isinstance(signature, dict) else None
        if isinstance(who, dict):
            found.append(str(who.get("display")))
    return found


def _objects(listed: Any) -> list[dict[str, Any]]:
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
