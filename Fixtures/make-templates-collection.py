#!/usr/bin/env python3
"""Makes Fixtures/templates/collection.json: what the reference implementation renders with every template of llama.cpp's
collection (which `scripts/fetch-models templates` brings), as hashes, or that it refuses.

    Fixtures/make-templates-collection.py "$(scripts/fetch-models templates)"
"""

import datetime
import json
import pathlib
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

HERE = pathlib.Path(__file__).resolve().parent
DATE = datetime.datetime(2026, 3, 4, 15, 6, 7, tzinfo=datetime.timezone.utc)

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather at a place.\nNow, or in some days.",
            "parameters": {
                "type": "object",
                "properties": {
                    "place": {"type": "string", "description": "A \"city\", <b>country</b> & città"},
                    "days": {"type": "integer", "default": 0, "minimum": 0},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                    "exact": {"type": "boolean"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["place"],
            },
            "return": {"type": "object", "properties": {"t": {"type": "number"}}},
        },
    },
    {
        "type": "function",
        "function": {"name": "now", "description": "The time.", "parameters": {"type": "object", "properties": {}}},
    },
]

SYSTEM = {"role": "system", "content": "  You answer in one sentence.\n"}


def call(name, arguments, id_):
    return {"type": "function", "id": id_, "function": {"name": name, "arguments": arguments}}


CONVERSATIONS = {
    "plain": {"messages": [{"role": "user", "content": "What is the capital of France?"}]},
    "system": {"messages": [SYSTEM, {"role": "user", "content": "Hello, <b>world</b>? Ça va, 你好 🙂"}]},
    "multi-turn": {
        "messages": [
            SYSTEM,
            {"role": "user", "content": "Hello there"},
            {"role": "assistant", "content": "<think>\nhm\n</think>\n\n  General Kenobi!  "},
            {"role": "user", "content": "A \"quoted\" 'line'\nand another"},
            {"role": "assistant", "content": "Done."},
            {"role": "user", "content": "And now?"},
        ]
    },
    "tools": {
        "tools": TOOLS,
        "messages": [
            SYSTEM,
            {"role": "user", "content": "Weather in Ōsaka, tomorrow?"},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    call("weather", {"place": "Ōsaka", "days": 1, "exact": True, "tags": ["a", "b"]}, "abcdefgh1")
                ],
            },
            {"role": "tool", "name": "weather", "tool_call_id": "abcdefgh1", "content": "{\"t\": 21.5}"},
            {"role": "assistant", "content": "It will be 21.5 °C."},
            {"role": "user", "content": "And now?"},
        ],
    },
    "tools offered": {"tools": TOOLS, "messages": [{"role": "user", "content": "What time is it?"}]},
    "blank": {"messages": [{"role": "user", "content": ""}]},
    "empty": {"messages": []},
}

# `functions` and `datetime` are what one of the templates wants instead of tools.
EXTRA = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "pad_token": "<pad>",
    "functions": json.dumps(TOOLS),
    "datetime": "2026-03-04",
}


def digest(text):
    """FNV-1a of 64 bits, over UTF-8."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def variables(conversation, prompt):
    """As apply_chat_template passes them."""
    given = {"tools": None, "documents": None} | conversation | EXTRA
    return given | {"add_generation_prompt": prompt}


def render(template, values):
    return _compile_jinja_template(template).render(**values, strftime_now=lambda form: DATE.strftime(form))


def main():
    folder = pathlib.Path(sys.argv[1])
    texts = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    cases = {}
    for path in sorted(folder.glob("*.jinja")):
        template = path.read_text()
        cases[path.name] = {}
        for name, conversation in CONVERSATIONS.items():
            for prompt in (True, False) if name in ("multi-turn", "tools") else (True,):
                label = name if prompt else name + ", no prompt"
                try:
                    text = render(template, variables(conversation, prompt))
                    cases[path.name][label] = digest(text)
                except Exception as error:  # whatever the reference refuses, for whatever reason
                    text = f"!!! {type(error).__name__}: {error}"
                    cases[path.name][label] = None
                if texts:
                    (texts / f"{path.name}.{label}.txt".replace(" ", "_")).write_text(text)
    lines = [f'"time": {int(DATE.timestamp())}', f'"variables": {json.dumps(EXTRA)}']
    lines += [f'"conversations": {json.dumps(CONVERSATIONS, indent=1)}']
    lines += ['"cases": {\n' + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in cases.items()) + "\n}"]
    (HERE / "templates" / "collection.json").write_text("{" + ",\n".join(lines) + "}\n")
    refused = sum(value is None for case in cases.values() for value in case.values())
    print(len(cases), "templates,", sum(len(case) for case in cases.values()), "renderings,", refused, "refused")


if __name__ == "__main__":
    main()
