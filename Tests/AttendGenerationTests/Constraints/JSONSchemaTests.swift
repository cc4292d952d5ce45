import AttendBase
import AttendGeneration
import AttendTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// JSON schemas: what they let through, and what they cannot be.
@Suite struct JSONSchemaTests {
  private static let cases: [(schema: String, yes: [String], no: [String])] = [
    (
      "true", ["1", "\"a\"", "{\"a\": [1, {}]}", "[]", "-0.5e+10", "\"\\u00e9\\ud83d\\ude00\""],
      ["01", "'a'", "\"\\ud83d\"", "[1,]"]
    ),
    (
      ##"{"type":"string","minLength":1,"maxLength":2}"##, ["\"a\"", "\"🙂é\"", "\"\\n\\u0041\""],
      ["\"\"", "\"abc\"", "\"\n\""]
    ),
    (
      ##"{"type":"integer","minimum":-3,"exclusiveMaximum":12}"##, ["-3", "-1", "0", "9", "11"],
      ["-4", "12", "-0", "1.0", "100"]
    ),
    (
      ##"{"type":"integer","minimum":98,"maximum":1203}"##, ["98", "99", "100", "999", "1203"],
      ["97", "1204", "2000", "9"]
    ),
    (##"{"type":"integer","minimum":1.5,"maximum":3.5}"##, ["2", "3"], ["1", "4"]),
    (
      ##"{"type":"number","minimum":-1.5,"maximum":0.25}"##, ["-1.5", "-1.49", "-0.001", "0", "0.25", "0.2"],
      ["-1.51", "0.251", "-2", "1"]
    ),
    (
      ##"{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}"##, ["0.1", "0.001", "0.9"],
      ["0", "0.0", "1", "1.0"]
    ),
    (##"{"type":"number","minimum":1e-7}"##, ["0.0000001", "5", "12.5"], ["0", "0.00000009", "-1"]),
    (
      ##"{"enum":["a","a\"b",1,null,{"x":[1]}]}"##, ["\"a\"", "\"a\\\"b\"", "1", "null", "{\"x\":[1]}"], ["2", "\"b\""]
    ),
    (##"{"type":"string","enum":["a",1]}"##, ["\"a\""], ["1"]),
    (##"{"type":["integer","null"],"maximum":5,"minimum":5}"##, ["5", "null"], ["4", "true"]),
    (
      ##"{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"},"c":{"type":"null"}},"required":["b"]}"##,
      [
        "{\"b\":null}", "{\"a\": null, \"b\": null}", "{\n  \"b\": null,\n  \"c\": null\n}",
        "{\"a\":null,\"b\":null,\"c\":null}",
      ],
      ["{}", "{\"a\":null}", "{\"b\":null,\"a\":null}", "{\"b\":null,}", "{\"b\":null,\"d\":1}"]
    ),
    (
      ##"{"type":"object","properties":{"a":{}},"additionalProperties":{"type":"boolean"}}"##,
      ["{}", "{\"a\":1,\"b\":true}", "{\"aa\":true}", "{\"\":false}"], ["{\"b\":1}", "{\"b\":true,\"a\":1}"]
    ),
    (
      ##"{"type":"object","required":["x"],"additionalProperties":{"type":"null"}}"##,
      ["{\"x\":null}", "{\"x\":null,\"y\":null}"], ["{}", "{\"x\":1}"]
    ),
    (
      ##"{"type":"array","items":{"type":"null"},"minItems":1,"maxItems":2}"##, ["[null]", "[null, null]"],
      ["[]", "[null,null,null]"]
    ),
    (
      ##"{"type":"array","prefixItems":[{"type":"null"},{"type":"boolean"}],"items":{"const":1},"minItems":1}"##,
      ["[null]", "[null,true]", "[null,false,1,1]"], ["[]", "[true]", "[null,1]"]
    ),
    (##"{"type":"array","maxItems":0}"##, ["[]"], ["[1]"]),
    (
      ##"{"type":"string","pattern":"^a+b?$","maxLength":3}"##, ["\"a\"", "\"aab\"", "\"aaa\""],
      ["\"aaab\"", "\"b\"", "\"\""]
    ),
    (##"{"type":"string","pattern":"\\d-[^x]"}"##, ["\"..1-y\"", "\"1-é!\""], ["\"1-x\"", "\"-a\""]),
    (
      ##"{"type":"string","format":"date"}"##, ["\"2024-02-29\"", "\"2000-02-29\"", "\"1999-12-31\""],
      ["\"2023-02-29\"", "\"1900-02-29\"", "\"2024-04-31\""]
    ),
    (
      ##"{"$defs":{"t":{"type":"object","properties":{"k":{"type":"array","items":{"$ref":"#/$defs/t"}}}}},"$ref":"#/$defs/t"}"##,
      ["{}", "{\"k\":[{\"k\":[]},{}]}"], ["{\"k\":[1]}", "[]"]
    ),
    (
      ##"{"type":"object","properties":{"c":{"$ref":"#","type":"object"},"v":{"type":"null"}}}"##,
      ["{}", "{\"c\":{\"c\":{\"v\":null}},\"v\":null}"], ["{\"c\":1}"]
    ),
    (
      ##"{"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"a":{"minimum":3,"maximum":4},"b":{"const":1}}}],"type":"object"}"##,
      ["{\"a\":3}", "{\"a\":4,\"b\":1}"], ["{\"a\":2}", "{}", "{\"a\":3,\"b\":2}"]
    ),
    (
      ##"{"oneOf":[{"type":"object","properties":{"k":{"const":"a"},"v":{"type":"null"}},"required":["k","v"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]}]}"##,
      ["{\"k\":\"a\",\"v\":null}", "{\"k\":\"b\"}"], ["{\"k\":\"a\"}", "{\"k\":\"c\"}"]
    ),
    (
      ##"{"anyOf":[{"type":"integer","minimum":1,"maximum":2},{"type":"string","maxLength":1}],"type":["integer","string"]}"##,
      ["1", "\"a\""], ["3", "\"ab\""]
    ),
    (##"{"type":"object","properties":{"a":false,"b":{"type":"null"}}}"##, ["{}", "{\"b\":null}"], ["{\"a\":1}"]),
  ]

  @Test(arguments: cases.indices) func valuesFollowSchemas(_ index: Int) throws {
    let (schema, yes, no) = Self.cases[index]
    let constraint = try Constraint.jsonSchema(schema)
    for text in yes { #expect(try GrammarTests.follows(text.utf8, constraint) == true, "\(text)") }
    for text in no { #expect(try GrammarTests.follows(text.utf8, constraint) != true, "\(text)") }
  }

  @Test(arguments: [
    (
      ##"{"type":"array","uniqueItems":true}"##, "unsupported",
      "#/uniqueItems of the JSON schema: the keyword \"uniqueItems\""
    ),
    (##"{"properties":{"a":{"not":{}}}}"##, "unsupported", "#/properties/a/not"),
    (##"{"type":"integer","multipleOf":3}"##, "unsupported", "multipleOf"),
    (##"{"type":"string","format":"color"}"##, "unsupported", "\"color\""),
    (##"{"type":"string","pattern":"(?=a)"}"##, "unsupported", "#/pattern of the JSON schema, character 2"),
    (##"{"type":"string","pattern":"a(b"}"##, "invalid-input", "expected \")\""),
    (##"{"oneOf":[{"type":"integer"},{"type":"number"}]}"##, "unsupported", "#/oneOf"),
    (##"{"$ref":"https://example.com/a"}"##, "unsupported", "#/$ref"),
    (##"{"$ref":"#/$defs/a"}"##, "invalid-input", "nothing stands"),
    (##"{"type":"strin"}"##, "invalid-input", "there is no type \"strin\""),
    (##"{"type":"string","minLength":-1}"##, "invalid-input", "#/minLength"),
    (##"[]"##, "invalid-input", "an array"), (##"{"##, "damaged-file", "the JSON schema"),
    ("false", "invalid-input", "no text"),
    (##"{"type":"integer","minimum":3,"maximum":2}"##, "invalid-input", "no text"),
    (##"{"type":"object","properties":{"n":{"$ref":"#"}},"required":["n"]}"##, "invalid-input", "no text"),
    (##"{"anyOf":[{"$ref":"#"}]}"##, "invalid-input", "begins with itself"),
    (##"{"allOf":[{"$ref":"#"}]}"##, "limit-exceeded", "combine"),
    (##"{"type":"string","maxLength":1000000}"##, "limit-exceeded", "states"),
    (##"{"type":"object","properties":{"a":{}},"minProperties":1}"##, "unsupported", "number of properties"),
  ])
  func schemasThatCannotBeFollowedAreRefused(schema: String, code: String, message: String) {
    let error = #expect(throws: AttendError.self) { try Constraint.jsonSchema(schema) }
    #expect(error?.code.rawValue == code)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  /// Random schemas, answers of a model that knows nothing: every place of an automaton is come by. ATTEND_SCHEMAS sets
  /// how many.
  @Test func randomAnswersToRandomSchemasAreValid() throws {
    let count = getenv("ATTEND_SCHEMAS").flatMap { Int(String(cString: $0)) } ?? 80
    let tokenizer = ListedTokenizer.json
    let tries = TokenTries(tokenizer, vocabularySize: tokenizer.vocabularySize)
    var tokens = 0
    for seed in 0..<UInt64(count) {
      let schema = RandomSchema.schema(seed)
      let validator = SchemaValidator(root: schema, patterns: RandomSchema.patterns)
      let masks = TokenMasks(try Constraint.jsonSchema(schema).grammar, tries)
      var random = SeededRandom(seed: seed, stream: 9)
      for _ in 0..<5 {
        var state = try ConstraintState(masks, endTokens: [tokenizer.end])
        var text: [UInt8] = []
        var isOver = false
        for _ in 0..<20_000 where !isOver {
          let allowed = try state.allowed()
          let choices = (0...tokenizer.end).filter(allowed.contains)
          let token = try #require(choices.randomElement(using: &random), "a dead end behind \(text)")
          isOver = token == tokenizer.end
          guard !isOver else { break }
          #expect(try state.advance(token))
          text += tokenizer.bytes(of: token)
          tokens += 1
          isOver = state.mustEnd
        }
        #expect(isOver)
        let answer = String(decoding: text, as: UTF8.self)
        let value = try JSON(parsing: text, source: "answer \(seed)")
        let isValid = validator.accepts(value)
        #expect(isValid, "seed \(seed): \(schema.text()) does not allow \(answer)")
      }
    }
    #expect(tokens > count * 50)
  }

  /// What an independent implementation of the standard says, of 400 schemas: here both the constraint and the validator
  /// of these tests say the same.
  @Test func anotherImplementationAgrees() throws {
    let text = try MappedFile(path: TestFixtures.path("grammars/verdicts.json")).copied
    let cases = try #require(try JSON(parsing: text, source: "verdicts.json").arrayValue)
    #expect(cases.count == 400)
    for (index, item) in cases.enumerated() {
      let schema = try #require(item["schema"])
      let constraint = try Constraint.jsonSchema(schema)
      let validator = SchemaValidator(root: schema, patterns: Self.verdictPatterns)
      for (key, verdict) in [("yes", true), ("no", false)] {
        for value in item[key]?.arrayValue ?? [] {
          let text = try #require(value.stringValue)
          let isFollowed = try GrammarTests.follows(text.utf8, constraint) == true
          #expect(isFollowed == verdict, "case \(index): \(text), \(schema.text())")
          let isValid = validator.accepts(try JSON(parsing: Array(text.utf8), source: "value"))
          #expect(isValid == verdict, "the validator, case \(index): \(text), \(schema.text())")
        }
      }
    }
  }

  /// The patterns of `make-schemas.py`, each as a function.
  private static let verdictPatterns: [String: @Sendable (String) -> Bool] = {
    @Sendable func isLower(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) }
    return [
      "^[a-z]{2,4}$": { (2...4).contains($0.unicodeScalars.count) && $0.unicodeScalars.allSatisfy(isLower) },
      "^a+b?$": { text in
        let letters = text.unicodeScalars.drop { $0 == "a" }
        return text.hasPrefix("a") && (letters.isEmpty || letters.elementsEqual(["b"]))
      },
      "[0-9]-[a-z]": { text in
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.dropLast(2).contains {
          ("0"..."9").contains(scalars[$0]) && scalars[$0 + 1] == "-" && isLower(scalars[$0 + 2])
        }
      },
      "^(ab|xyzzy)$": { ["ab", "xyzzy"].contains($0) },
      "^[^a]": { text in text.unicodeScalars.first.map { $0 != "a" } ?? false },
    ]
  }()

  @Test func theValidatorRefuses() {
    for (schema, values) in [
      (["type": "integer"], ["1.5", "\"1\"", "null"]), (["minimum": 2], ["1"]), (["exclusiveMaximum": 2], ["2"]),
      (["minLength": 2, "maxLength": 3], ["\"a\"", "\"abcd\""]), (["format": "date"], ["\"2023-02-29\""]),
      (["required": ["a"]], ["{}"]), (["additionalProperties": false], ["{\"a\":1}"]),
      (["items": ["type": "null"]], ["[1]"]),
      (["prefixItems": [["type": "null"]], "items": false], ["[null,1]", "[1]"]), (["maxItems": 1], ["[1,2]"]),
      (["oneOf": [["type": "integer"], ["type": "number"]]], ["1"]), (["enum": [1, 2]], ["3"]), (["const": nil], ["0"]),
      (["$ref": "#/$defs/a", "$defs": ["a": ["type": "null"]]], ["1"]), (["allOf": [["minimum": 3]]], ["2"]),
    ] as [(JSON, [String])] {
      for text in values {
        #expect(
          (try? JSON(parsing: text, source: "value")).map { SchemaValidator(root: schema).accepts($0) } == false,
          "\(text)")
      }
    }
  }
}
