import AttendBase
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSON { try JSON(parsing: text, source: "test.json") }

  @Test func readsEveryKindOfValue() throws {
    let value = try parse(
      #" { "a": [1, -2, 3.5, 1e3, -0.25E-2], "b": {"c": null, "d": true, "e": false}, "f": "x\ty", "": [] } "#)
    #expect(value["a"] == [1, -2, 3.5, 1000.0, -0.0025])
    #expect(value["b"]?["c"]?.isNull == true)
    #expect(value["b"]?["d"]?.boolValue == true)
    #expect(value["f"]?.stringValue == "x\ty")
    #expect(value[""] == .array([]))
    #expect(value["g"] == nil)
    #expect(value["a"]?[5] == nil)
    #expect(value.objectValue?.keys == ["a", "b", "f", ""])
  }

  @Test(arguments: [
    ("0", JSON.integer(0)), ("-0", .number(-0.0)), ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
    ("123456789012345678901234567890", .number(123_456_789_012_345_677_877_719_597_056)),
    ("0.1", .number(0.1)), ("1E+2", .number(100)), ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-999", .number(0)),
    ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
  ])
  func readsNumbers(_ text: String, _ expected: JSON) throws {
    #expect(try parse(text) == expected)
  }

  @Test(arguments: [
    (#""\u0041\u00e9\u20AC\ud83d\ude00""#, "Aé€😀"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
    (
      "\"päß\u{301} 日本語 plain ascii that is longer than a word 😀\"",
      "päß\u{301} 日本語 plain ascii that is longer than a word 😀"
    ),
    (#""\u0000""#, "\u{0}"), (#""1234567\"89""#, "1234567\"89"), (#""12345678\\""#, "12345678\\"),
  ])
  func readsStrings(_ text: String, _ expected: String) throws {
    #expect(try parse(text).stringValue == expected)
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1 2]", "1 2", "nul", "tru", "NaN", "Infinity",
    "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "1e999", "-1e999", "\"", "\"a", "\"\\",
    "\"\\u12", "\"\\uZZZZ\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\x\"", "\"a\nb\"", "\"\u{1}\"",
    "{\"a\":1,\"a\":2}", "'a'", "[1]]", "\u{FEFF}1", "\"\\u\u{FF11}\u{FF11}\u{FF11}\u{FF11}\"",
  ])
  func refusesDamage(_ text: String) {
    #expect { try parse(text) } throws: { ($0 as? AttendError)?.code == .damagedFile }
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE0, 0x80, 0x80],
      [0xF0, 0x80, 0x80, 0x80], [0x80], [0xF5, 0x80, 0x80, 0x80],
    ] as [[UInt8]])
  func refusesInvalidUTF8(_ bytes: [UInt8]) {
    #expect { try JSON(parsing: [0x22] + bytes + [0x22], source: "x") } throws: {
      ($0 as? AttendError)?.code == .damagedFile
    }
  }

  @Test func errorsNameThePlace() {
    #expect { try parse("{\n  \"a\": 1,\n  \"b\": oops\n}") } throws: { error in
      (error as? AttendError)?.message.hasPrefix("test.json:3:8: ") == true
    }
    #expect { try parse("{\n  \"a\": 1,\n  \"a\": 2\n}") } throws: { error in
      (error as? AttendError)?.message == "test.json:3:3: the key \"a\" appears twice"
    }
  }

  @Test func nestingIsLimited() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(128))
    #expect { try parse(nested(129)) } throws: { ($0 as? AttendError)?.code == .limitExceeded }
    #expect { try parse(nested(1_000_000)) } throws: { ($0 as? AttendError)?.code == .limitExceeded }
  }

  @Test func keysAreComparedByBytes() throws {
    var value = try parse("{\"\u{e9}\": 1, \"e\u{301}\": 2}")
    #expect(value["\u{e9}"] == 1)
    #expect(value["e\u{301}"] == 2)
    let members = (0..<100).map { "\"k\($0)\": \($0)" } + ["\"\u{e9}\": 1", "\"e\u{301}\": 2"]
    value = try parse("{" + members.joined(separator: ",") + "}")
    #expect(value["\u{e9}"] == 1)
    #expect(value["e\u{301}"] == 2)
  }

  @Test func largeObjectsFindEveryKey() throws {
    var object = JSON.Object()
    for index in 0..<5000 { object["key \(index)"] = .integer(Int64(index)) }
    for index in 0..<5000 { #expect(object["key \(index)"] == .integer(Int64(index))) }
    #expect(object["key 5000"] == nil)
    object["key 17"] = nil
    object["key 18"] = "changed"
    #expect(object["key 17"] == nil)
    #expect(object["key 18"] == "changed")
    #expect(object["key 4999"] == 4999)
    #expect(object.count == 4999)
    let again = try parse(JSON.object(object).text())
    #expect(again == .object(object))
    #expect { try parse(#"{"key 1":0,"# + JSON.object(object).text().dropFirst()) } throws: {
      ($0 as? AttendError)?.message.contains("appears twice") == true
    }
  }

  @Test func writesWhatItReads() throws {
    let value: JSON = [
      "text": "quote \" backslash \\ newline \n control \u{1} é 😀", "numbers": [0, -5, 0.1, 1e100, 1.5e-7, 3.0],
      "nothing": nil, "list": [[], .object(.init()), true, false],
    ]
    #expect(try parse(value.text()) == value)
    #expect(try parse(value.text(pretty: true)) == value)
    #expect(JSON.string("a\u{1}\"\\\n/").text() == #""a\u0001\"\\\n/""#)
    #expect((["a": [1, 2], "b": .array([])] as JSON).text() == #"{"a":[1,2],"b":[]}"#)
    #expect((["a": [1]] as JSON).text(pretty: true) == "{\n  \"a\": [\n    1\n  ]\n}")
    #expect(JSON.number(.nan).text() == "null")
  }

  @Test func randomDoublesSurviveTheRoundTrip() throws {
    var random = SeededRandom(seed: 5)
    for _ in 0..<10_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(try parse(JSON.number(value).text()).doubleValue == value)
    }
  }

  @Test func mutatedTextNeverTraps() {
    let seed = Array(
      #"{"vocab":{"a":0,"é":1,"\ud83d\ude00":2},"n":[1,-2.5e3,null,true],"s":"x\n\u0041 long enough text"}"#.utf8)
    var random = SeededRandom(seed: 11)
    var refused = 0
    for _ in 0..<20_000 {
      var bytes = seed
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2:
          bytes.insert(
            "{}[]\",:\\0-eE.u"
              .utf8.randomElement(using: &random) ?? 0, at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [0x22] }
      }
      do {
        let value = try JSON(parsing: bytes, source: "mutated")
        #expect((try? JSON(parsing: value.utf8(), source: "again")) == value)
      } catch {
        refused += 1
        #expect(error.code == .damagedFile)
      }
    }
    #expect(refused > 1000)
  }
}
