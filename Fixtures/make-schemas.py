#!/usr/bin/env python3
"""JSON schemas with values and whether each value follows: the verdicts of the `jsonschema` package (draft 2020-12).

Makes grammars/verdicts.json. Needs jsonschema 4.26. The values are written as Attend's constraints write them: declared
properties in their order, then others; whole numbers without a fraction.
"""

import copy
import json
import pathlib
import random

import jsonschema

NAMES = ["name", "age", "a", "ab", "é", "x y", "kind", "tag\"s"]
WORDS = ["", "a", "ab", "b1", "日本", "🙂é", "2024-02-29", "2023-02-29", "a\"b", "12-x", "abc", "xyzzy", "127.0.0.1", "1.2.3.256"]
PATTERNS = ["^[a-z]{2,4}$", "^a+b?$", "[0-9]-[a-z]", "^(ab|xyzzy)$", "^[^a]"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, share):
        return self.random.random() < share

    def schema(self, depth):
        kinds = [self.string, self.integer, self.number, self.choice, self.constant, self.several]
        if depth > 0:
            kinds += [self.array, self.tuple, self.object, self.object, self.any_of, self.one_of, self.all_of, self.reference]
        return self.random.choice(kinds)(depth - 1)

    def string(self, depth):
        schema = {"type": "string"}
        if self.chance(0.3):
            return schema | {"pattern": self.random.choice(PATTERNS)}
        if self.chance(0.2):
            return schema | {"format": self.random.choice(["date", "ipv4"])}
        if self.chance(0.6):
            schema["minLength"] = self.random.randint(0, 3)
        if self.chance(0.6):
            schema["maxLength"] = self.random.randint(schema.get("minLength", 0), 6)
        return schema

    def integer(self, depth):
        schema, low = {"type": "integer"}, self.random.randint(-120, 120)
        if self.chance(0.7):
            schema[self.random.choice(["minimum", "exclusiveMinimum"])] = low
        if self.chance(0.7):
            schema[self.random.choice(["maximum", "exclusiveMaximum"])] = low + self.random.randint(2, 1200)
        return schema

    def number(self, depth):
        schema, low = {"type": "number"}, self.random.randint(-400, 400) / self.random.choice([1, 10, 100])
        if self.chance(0.7):
            schema[self.random.choice(["minimum", "exclusiveMinimum"])] = low
        if self.chance(0.7):
            schema[self.random.choice(["maximum", "exclusiveMaximum"])] = low + self.random.randint(1, 900) / 8
        return schema

    def choice(self, depth):
        return {"enum": self.random.sample(["a", "ab", 1, "1", None, True, -2.5, [], [[1]], "日本"], 4)}

    def constant(self, depth):
        return {"const": self.random.choice(["é\"\\\n", 7, False, None, ["b"], {}])}

    def several(self, depth):
        return {"type": self.random.sample(["integer", "string", "null", "boolean"], 2), "maximum": 40, "minLength": 1}

    def array(self, depth):
        least = self.random.randint(0, 2)
        schema = {"type": "array", "items": self.schema(depth), "minItems": least}
        return schema | ({"maxItems": least + self.random.randint(0, 2)} if self.chance(0.7) else {})

    def tuple(self, depth):
        firsts = [self.schema(0) for _ in range(self.random.randint(1, 3))]
        rest = self.random.choice([False, {"type": "null"}, {"type": "integer"}])
        return {"type": "array", "prefixItems": firsts, "items": rest, "minItems": self.random.randint(0, len(firsts))}

    def object(self, depth):
        names = self.random.sample(NAMES, self.random.randint(1, 4))
        schema = {"type": "object", "properties": {name: self.schema(depth) for name in names}}
        required = [name for name in names if self.chance(0.5)]
        if required:
            schema["required"] = required
        if self.chance(0.6):
            schema["additionalProperties"] = self.random.choice([False, {"type": "boolean"}, {"type": "null"}])
        return schema

    def any_of(self, depth):
        return {"anyOf": [self.schema(depth), self.schema(depth)]}

    def one_of(self, depth):
        return {"oneOf": [self.string(depth), {"type": "null"}, self.integer(depth)]}

    def all_of(self, depth):
        return {"allOf": [{"type": "integer", "minimum": self.random.randint(-9, 9)}, {"maximum": self.random.randint(10, 99)}]}

    def reference(self, depth):
        return {"$ref": "#/$defs/node"}

    def value(self, schema, root, depth=0):
        """Mostly follows the schema, in the order of its properties."""
        if schema is True or not schema:
            return self.random.choice([1, "a", None])
        if schema is False:
            return 0
        if self.chance(0.06):
            return self.random.choice([None, True, 3, -77, 2.5, "", "zz", [], {}, [1, None]])
        if "$ref" in schema:
            return self.value(root["$defs"]["node"], root, depth + 1) if depth < 4 else None
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self.value(self.random.choice(schema[keyword]), root, depth)
        if "allOf" in schema:
            return self.random.randint(-12, 110)
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        if "const" in schema:
            return schema["const"]
        kind = schema["type"] if isinstance(schema["type"], str) else self.random.choice(schema["type"])
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum", (low or 0) + 90))
        low = high - 140 if low is None else low
        if kind == "integer":
            return self.random.choice([int(low), int(high), int(low) + 1, self.random.randint(int(low) - 2, int(high) + 2)])
        if kind == "number":
            value = self.random.choice([low, high, low + (high - low) / 3, low - 0.01, high + 0.125])
            value = round(value, 4)
            return int(value) if value == int(value) else value
        if kind == "string":
            return self.random.choice(WORDS)
        if kind == "boolean":
            return self.chance(0.5)
        if kind == "array":
            firsts = schema.get("prefixItems", [])
            count = self.random.randint(0, max(schema.get("minItems", 0), schema.get("maxItems", 2), len(firsts)) + 1)
            return [self.value(firsts[i] if i < len(firsts) else schema["items"], root, depth + 1) for i in range(count)]
        if kind == "object":
            value = {}
            for name, inner in schema["properties"].items():
                if name in schema.get("required", []) and self.chance(0.95) or self.chance(0.5):
                    value[name] = self.value(inner, root, depth + 1)
            # Attend's constraints, like llama.cpp's, write no undeclared property unless the schema speaks of them.
            if "additionalProperties" in schema and self.chance(0.25):
                value["other"] = self.random.choice([True, None, 1])
            return value
        return None


def main():
    here = pathlib.Path(__file__).parent
    cases = []
    seed = 0
    while len(cases) < 400:
        seed += 1
        maker = Maker(seed)
        schema = maker.object(2) if maker.chance(0.7) else maker.schema(2)
        schema["$defs"] = {"node": {
            "type": "object", "properties": {"value": maker.schema(0), "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}},
            "required": ["value"], "additionalProperties": False}}
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(["date", "ipv4"]))
        verdicts = {}
        for _ in range(40):
            value = maker.value(copy.deepcopy(schema), schema)
            verdicts[json.dumps(value, ensure_ascii=False)] = validator.is_valid(value)
        yes = [text for text, verdict in verdicts.items() if verdict][:4]
        no = [text for text, verdict in verdicts.items() if not verdict][:4]
        cases.append({"schema": schema, "yes": yes, "no": no})
    text = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    (here / "grammars" / "verdicts.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
    print(sum(len(case["yes"]) for case in cases), "follow,", sum(len(case["no"]) for case in cases), "do not")


main()
