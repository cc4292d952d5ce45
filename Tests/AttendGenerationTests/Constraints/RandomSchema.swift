import AttendBase

/// JSON schemas that a seed decides: strings, arrays and numbers have limits, and recursion has a way out.
struct RandomSchema {
  private var random: SeededRandom
  /// Whether nothing can go on for ever: no schema contains itself, and no property has a name of any length.
  private let isBounded: Bool

  /// Patterns and what they mean.
  static let patterns: [String: @Sendable (String) -> Bool] = [
    "^[a-z]{2,8}$": { (2...8).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x61...0x7A).contains($0) } },
    "^(?:red|green|blue)-\\d{1,3}$": { text in
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      return parts.count == 2 && ["red", "green", "blue"].contains(parts[0]) && (1...3).contains(parts[1].utf8.count)
        && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) }
    },
    "^[^\"a-z\\n]{1,6}!$": { text in
      let scalars = Array(text.unicodeScalars)
      return (2...7).contains(scalars.count) && scalars.last == "!"
        && scalars.dropLast().allSatisfy { $0 != "\"" && $0 != "\n" && !("a"..."z").contains($0) }
    },
  ]

  /// - Parameter isBounded: a model may like what can go on too much to come to an end.
  static func schema(_ seed: UInt64, isBounded: Bool = false) -> JSON {
    var generator = RandomSchema(random: SeededRandom(seed: seed, stream: 3), isBounded: isBounded)
    var schema = generator.object(depth: 3)
    guard case .object(var keywords) = schema else { return schema }
    // What is referred to has no reference but the one that has a way out.
    keywords["$defs"] = [
      "node": [
        "type": "object", "required": ["value", "next"], "additionalProperties": false,
        "properties": [
          "value": generator.value(depth: 0),
          "next": [
            "anyOf": [["type": "null"], ["type": "boolean"], ["$ref": isBounded ? "#/$defs/small" : "#/$defs/node"]]
          ],
        ],
      ], "small": generator.value(depth: 0),
    ]
    schema = .object(keywords)
    return schema
  }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[number(0...elements.count - 1)]
  }

  private mutating func value(depth: Int) -> JSON {
    switch number(0...(depth > 0 ? 15 : 8)) {
    case 0: return ["type": "boolean", "description": "yes or no"]
    case 1: return pick([["type": "null"], ["const": ["a": [1, nil]]], ["const": "é\"\\\n🙂"], ["const": -2.5]])
    case 2, 3: return string()
    case 4, 5: return integer()
    case 6: return decimal()
    case 7: return ["enum": pick([["a", "b", "ab"], [1, "1", nil, true], ["日本", "", [], ["x": 1]]])]
    case 8:
      return [
        "type": pick([["integer", "null"], ["boolean", "string"]]), "minimum": 3, "maximum": 40, "maxLength": 5,
      ]
    case 9: return ["anyOf": [value(depth: depth - 1), value(depth: depth - 1)]]
    case 10:
      return [
        "oneOf": [
          ["type": "string", "maxLength": 4], ["type": "integer", "maximum": 0, "minimum": -50],
          ["type": "number", "minimum": 1, "maximum": 2],
        ]
      ]
    case 11: return ["$ref": pick(["#/$defs/node", "#/$defs/small"])]
    case 12, 13: return array(depth: depth - 1)
    default: return object(depth: depth - 1)
    }
  }

  private mutating func string() -> JSON {
    switch number(0...5) {
    case 0:
      return [
        "type": "string", "format": JSON(pick(["date", "time", "date-time", "uuid", "email", "ipv4", "hostname"])),
      ]
    case 1: return ["type": "string", "pattern": JSON(pick(Self.patterns.keys.sorted()))]
    case 2: return ["type": "string", "pattern": "^[a-z]{2,8}$", "maxLength": JSON(number(2...9)), "minLength": 2]
    default:
      let least = number(0...6)
      return ["type": "string", "minLength": JSON(least), "maxLength": JSON(least + number(0...40))]
    }
  }

  private mutating func integer() -> JSON {
    let low = number(-1500...1500)
    let high = low + number(0...(chance(30) ? 3 : 4000))
    return chance(50)
      ? ["type": "integer", "minimum": JSON(low), "maximum": JSON(high)]
      : ["type": "integer", "exclusiveMinimum": JSON(low - 1), "exclusiveMaximum": JSON(high + 1)]
  }

  private mutating func decimal() -> JSON {
    let low = Double(number(-4000...4000)) / Double(pick([1, 10, 100, 1000]))
    let high = low + Double(number(1...5000)) / Double(pick([10, 1000]))
    return chance(50)
      ? ["type": "number", "minimum": JSON(low), "maximum": JSON(high)]
      : ["type": "number", "exclusiveMinimum": JSON(low), "exclusiveMaximum": JSON(high)]
  }

  private mutating func array(depth: Int) -> JSON {
    if chance(30) {
      let firsts = (0..<number(1...3)).map { _ in value(depth: depth) }
      let least = number(0...firsts.count)
      var schema: JSON.Object = JSON.Object()
      schema["type"] = "array"
      schema["prefixItems"] = .array(firsts)
      schema["minItems"] = JSON(least)
      if chance(50) {
        schema["items"] = false
      } else {
        schema["items"] = value(depth: 0)
        schema["maxItems"] = JSON(firsts.count + number(0...2))
      }
      return .object(schema)
    }
    let least = number(0...2)
    return [
      "type": "array", "items": value(depth: depth), "minItems": JSON(least), "maxItems": JSON(least + number(0...2)),
    ]
  }

  private mutating func object(depth: Int) -> JSON {
    let names = ["name", "age", "a", "ab", "é", "x y", "tag\"s", "value", "kind"]
    var properties = JSON.Object()
    var required: [JSON] = []
    for _ in 0..<number(1...4) {
      let name = pick(names)
      properties[name] = value(depth: depth)
      if chance(60), !required.contains(JSON(name)) { required.append(JSON(name)) }
    }
    var schema = JSON.Object()
    schema["type"] = "object"
    schema["properties"] = .object(properties)
    schema["required"] = .array(required)
    switch number(0...9) {
    case 0...6: schema["additionalProperties"] = false
    case 7: break
    case 8 where isBounded: schema["additionalProperties"] = false
    case 8:
      // One other property at most: with two their names might be the same.
      schema["required"] = .array(properties.map { JSON($0.key) })
      schema["maxProperties"] = JSON(properties.count + 1)
      schema["additionalProperties"] = ["type": "boolean"]
    default:
      // All of several: together they say what a merged one would.
      return [
        "allOf": [
          .object(schema),
          [
            "type": "object", "properties": ["extra": ["type": "integer", "minimum": 0, "maximum": 9]],
            "required": ["extra"],
          ],
        ]
      ]
    }
    return .object(schema)
  }
}
