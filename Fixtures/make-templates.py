#!/usr/bin/env python3
"""Makes Fixtures/templates/*.json: what the reference implementation renders with the templates beside them, and with
the one in the published GGUF.

    Fixtures/make-templates.py "$(scripts/fetch-models smollm2)"
"""

import pathlib
import sys

from jinja2.exceptions import TemplateError

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make import chat, gguf_reader, reference  # noqa: E402

FOLDER = HERE / "templates"


def turns(*contents, system=None):
    messages = [] if system is None else [{"role": "system", "content": system}]
    return messages + [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(contents)]


CONVERSATIONS = {
    "plain": turns("What is the capital of France?"),
    "system": turns("Hello, world?", system="  You answer in one sentence.\n"),
    "multi-turn": turns(
        "Hello there",
        "  General Kenobi!  ",
        "A <b>\"quoted\"</b> 'line'\nand another",
        "<think>\nhm\n</think>\n\nDone.",
        "And now?",
    ),
    "twice the same": turns("One")[:1] + turns("Two")[:1],
    "empty": turns("", "", "  \n "),
    "unicode": turns("Ça va ? 你好 🙂 ŒUVRE ß", "שלום \u00a0 e\u0301\tǅ", system="<|im_start|>İ"),
}

TOOLS = {
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"properties": {"città": {"type": "string"}}}}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Weather in"}, {"type": "image"}, {"type": "text", "text": " here?"}]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"function": {"name": "ignored", "arguments": {}}},
            {"function": {"name": "weather", "arguments": {"città": "Ōsaka", "days": 2, "exact": 0.5, "metric": True, "x": None}}},
            {"function": {"name": "third", "arguments": {}}},
        ]},
        {"role": "tool", "content": "{\"t\": 21}"},
    ],
    "add_generation_prompt": False,
}  # fmt: skip


def case(name, template, variables):
    variables = {"bos_token": "<s>", "eos_token": "</s>"} | variables
    try:
        result = {"rendered": chat.render(template, **variables)}
    except TemplateError as error:
        result = {"error": error.message}
    return {"name": name, "variables": variables} | result


def cases(template, with_tools=False):
    result = []
    for name, messages in CONVERSATIONS.items():
        for prompt in (False, True):
            variables = {"messages": messages, "add_generation_prompt": prompt}
            result.append(case(f"{name}{' +prompt' * prompt}", template, variables))
    return result + ([case("tools", template, TOOLS)] if with_tools else [])


def snippets():
    """One template a line, all with the same variables; an error's words are the reference's own."""
    variables = {"messages": CONVERSATIONS["multi-turn"]}
    for line in (FOLDER / "snippets.txt").read_text().splitlines():
        try:
            yield {"template": line, "rendered": chat.render(line, **variables)}
        except Exception as error:
            yield {"template": line, "error": f"{type(error).__name__}: {error}"}


def main():
    made = [*snippets()]
    reference.write_json(FOLDER / "snippets.json", {"messages": CONVERSATIONS["multi-turn"], "cases": made})
    print(len(made), "snippets,", [case["error"] for case in made if "error" in case])
    for path in sorted(FOLDER.glob("*.jinja")):
        made = cases(path.read_text(), with_tools=path.stem == "tools")
        reference.write_json(path.with_suffix(".json"), made)
        print(
            path.stem, sum("rendered" in case for case in made), "rendered,", [c["error"] for c in made if "error" in c]
        )
    template = gguf_reader.value(gguf_reader.open_file(sys.argv[1]), "tokenizer.chat_template")
    reference.write_json(FOLDER / "smollm2.json", cases(template))


if __name__ == "__main__":
    main()
