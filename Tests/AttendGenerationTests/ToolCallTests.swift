import AttendBase
import AttendGeneration
import AttendTestSupport
import AttendText
import Testing

/// Calls of functions in what models write.
@Suite struct ToolCallTests {
  private static func events(_ format: ToolCallFormat, _ pieces: [String]) -> [ToolCallParser.Event] {
    var parser = ToolCallParser(format)
    var events: [ToolCallParser.Event] = []
    for event in pieces.flatMap({ parser.append($0) }) + parser.finish() {
      if case .text(let text) = event, case .text(let before) = events.last {
        events[events.count - 1] = .text(before + text)
      } else {
        events.append(event)
      }
    }
    return events
  }

  private static func call(
    _ name: String, _ arguments: String = "{}", id: String? = nil
  ) -> ToolCallParser.Event {
    .call(ToolCall(name: name, arguments: arguments, id: id))
  }

  static let cases: [(format: ToolCallFormat, text: String, events: [ToolCallParser.Event])] = [
    (.tagged, "no call", [.text("no call")]),
    (
      .tagged, "I look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1, \"}\\\"{\"]}}\n</tool_call>",
      [.text("I look.\n"), call("f", "{\"a\":[1,\"}\\\"{\"]}")]
    ),
    (
      .tagged,
      "<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>\n<tool_call>{\"name\":\"g\",\"arguments\":{}}</tool_call>!",
      [call("f"), .text("\n"), call("g"), .text("!")]
    ),
    (.tagged, "<tool_call>{\"name\":\"é🙂\",\"arguments\":\"{\\\"b\\\":1}\"}", [call("é🙂", "{\"b\":1}")]),
    (.tagged, "<tool_call>{\"name\":\"f\"}</tool_call>", [.text("<tool_call>{\"name\":\"f\"}</tool_call>")]),
    (.tagged, "<tool_call>{bad}</tool_call>", [.text("<tool_call>{bad}</tool_call>")]),
    (.tagged, "<tool_call> no <tool_cal <tool_call>", [.text("<tool_call> no <tool_cal <tool_call>")]),
    (
      .tagged, "<tool_call>{\"name\":\"f\",\"arguments\":{}}<<tool_call>{\"name\":\"g\",\"arguments\":{}}</tool_call>",
      [.text("<tool_call>{\"name\":\"f\",\"arguments\":{}}<"), call("g")]
    ),
    (.tagged, "<<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>", [.text("<"), call("f")]),
    (.tagged, "{\"name\":\"f\",\"arguments\":{}}", [.text("{\"name\":\"f\",\"arguments\":{}}")]),
    (.message, " {\"name\": \"f\", \"parameters\": {\"x\": 1}}", [call("f", "{\"x\":1}")]),
    (
      .message,
      "<|python_tag|>{\"name\":\"f\",\"parameters\":{}}; {\"type\":\"function\",\"function\":\"g\",\"parameters\":{}}",
      [call("f"), call("g")]
    ),
    (.message, "{\"answer\": 1} and so on", [.text("{\"answer\": 1} and so on")]),
    (.message, "see {\"name\":\"f\",\"parameters\":{}}", [.text("see {\"name\":\"f\",\"parameters\":{}}")]),
    (.message, "{\"name\":\"f\",\"parameters\":{", [.text("{\"name\":\"f\",\"parameters\":{")]),
    (
      .list,
      "[TOOL_CALLS] [{\"name\":\"f\",\"arguments\":{}},{\"function\":{\"name\":\"g\",\"arguments\":{\"k\":null}},\"id\":\"1\"}]",
      [call("f"), call("g", "{\"k\":null}", id: "1")]
    ),
    (.list, "[TOOL_CALLS] [1]", [.text("[TOOL_CALLS] [1]")]),
    (
      .list, "Yes.[TOOL_CALLS]f[ARGS]{\"a\": \"]}[\"}[TOOL_CALLS]é.g-2[CALL_ID]x9[ARGS] {}",
      [.text("Yes."), call("f", "{\"a\":\"]}[\"}"), call("é.g-2", id: "x9")]
    ),
    (.list, "[TOOL_CALLS]f[ARGS][1]", [.text("[TOOL_CALLS]f[ARGS][1]")]),
    (.list, "[TOOL_CALLS][ARGS]{}", [.text("[TOOL_CALLS][ARGS]{}")]),
    (.list, "[TOOL_CALLS]f[CALL_ID][ARGS]{}", [.text("[TOOL_CALLS]f[CALL_ID][ARGS]{}")]),
    (.list, "[TOOL_CALLS]f[CALL_ID]1[CALL_ID]2[ARGS]{}", [.text("[TOOL_CALLS]f[CALL_ID]1[CALL_ID]2[ARGS]{}")]),
    (.list, "[TOOL_CALLS]f [ARGS]{}", [.text("[TOOL_CALLS]f [ARGS]{}")]),
    (.list, "[TOOL_CALLS]f[TOOL_CALLS]g[ARGS]{}", [.text("[TOOL_CALLS]f"), call("g")]),
    (
      .any, "[TOOL_CALLS]f<tool_call>{\"name\":\"g\",\"arguments\":{}}</tool_call>",
      [.text("[TOOL_CALLS]f"), call("g")]
    ),
    (.list, "[TOOL_[TOOL_CALLS]x", [.text("[TOOL_[TOOL_CALLS]x")]),
    (.any, "\n{\"name\":\"f\",\"arguments\":{}}", [call("f")]),
    (.any, "a [TOOL_CALLS][{\"name\":\"f\",\"arguments\":{}}] b", [.text("a "), call("f"), .text(" b")]),
    (.any, "", []),
  ]

  @Test(arguments: cases.indices) func callsAreFound(_ index: Int) {
    let (format, text, events) = Self.cases[index]
    #expect(Self.events(format, [text]) == events)
  }

  /// Every cut in two, cuts at random, and one character at a time.
  @Test(arguments: cases.indices) func cutsChangeNothing(_ index: Int) {
    let (format, text, events) = Self.cases[index]
    let characters = text.unicodeScalars.map { String(Character($0)) }
    #expect(Self.events(format, characters) == events)
    for cut in 0...characters.count {
      #expect(Self.events(format, [characters[..<cut].joined(), characters[cut...].joined()]) == events)
    }
  }

  @Test func textIsNeverLost() {
    var random = SeededRandom(seed: 4)
    let parts = [
      "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "<|python_tag|>", "{\"name\":\"f\",\"arguments\":{}}", "{", "}",
      "[", "]", "[ARGS]", "[CALL_ID]", "[AR",
      "\"", "\\", " ", "é", "<", "tool", ";", "x",
    ]
    for _ in 0..<4000 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
        .joined()
      for format in ToolCallFormat.allCases {
        let whole = Self.events(format, [text])
        #expect(Self.events(format, text.unicodeScalars.map { String(Character($0)) }) == whole)
        // Without calls all text comes through.
        let hasCalls = whole.contains { event in
          if case .call = event { true } else { false }
        }
        if !hasCalls { #expect(whole == (text.isEmpty ? [] : [.text(text)])) }
      }
    }
  }

  @Test func memoryIsBounded() {
    let long = "<tool_call>{\"name\":\"" + String(repeating: "a", count: 1 << 21)
    #expect(Self.events(.tagged, [long]) == [.text(long)])
    let name = "[TOOL_CALLS]" + String(repeating: "a", count: 1 << 20)
    #expect(Self.events(.list, [name]) == [.text(name)])
    let spaces = "<tool_call>{\"name\":\"f\",\"arguments\":{}}" + String(repeating: " ", count: 100_000)
    #expect(Self.events(.tagged, [spaces]) == [.text(spaces)])
  }

  @Test func formatsAreTheTemplates() {
    #expect(ToolCallFormat(template: "…<tool_call>\n{{ call }}") == .tagged)
    #expect(ToolCallFormat(template: "[AVAILABLE_TOOLS] … [TOOL_CALLS]") == .list)
    #expect(ToolCallFormat(template: "<|python_tag|>") == .message)
    #expect(ToolCallFormat(template: "{{ messages }}") == .any)
  }

  @Test func listsOfToolsAreChecked() {
    #expect(throws: AttendError.self) { try Tools(json: "{}") }
    #expect(throws: AttendError.self) { try Tools(json: "[1]") }
    #expect(throws: AttendError.self) { try Tools(json: "[") }
    #expect(throws: Never.self) { try Tools(json: "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]") }
  }
}
