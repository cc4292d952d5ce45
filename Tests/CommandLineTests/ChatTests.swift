import AttendBase
import AttendTestSupport
import Testing

/// Instructions and kept conversations of `attend chat`.
@Suite struct ChatTests {
  private let tiny = TestFixtures.path("golden/llama-gguf-q8_0/model.gguf")

  private func chat(_ lines: [String], _ arguments: [String] = []) throws -> Program {
    try Program.run(
      ["chat", "--model", tiny, "--max-tokens", "4", "--precision", "exact", "--quiet"] + arguments,
      input: Array(lines.joined(separator: "\n").utf8))
  }

  private func messages(_ path: String) throws -> [JSON] {
    let file = try MappedFile(path: path)
    return try #require(JSON(parsing: file.copied, source: path)["messages"]?.arrayValue)
  }

  @Test func sessionsGoOn() throws {
    let folder = try TemporaryFolder()
    let talk = folder("talk.json")
    #expect(try chat(["One"], ["--session", talk, "--instructions", "Be brief."]).status == 0)
    #expect(try messages(talk).map { $0["role"]?.stringValue } == ["system", "user", "assistant"])
    #expect(try chat(["Two"], ["--session", talk]).status == 0)
    let roles = try messages(talk).map { $0["role"]?.stringValue ?? "" }
    #expect(roles == ["system", "user", "assistant", "user", "assistant"])
    // The second run saw the first: its answer is that of one run with both messages.
    let whole = folder("whole.json")
    #expect(try chat(["One", "Two"], ["--session", whole, "--instructions", "Be brief."]).status == 0)
    #expect(try messages(whole) == messages(talk))
  }

  @Test func instructionsChangeTheConversation() throws {
    let folder = try TemporaryFolder()
    let (first, second) = (folder("first.json"), folder("second.json"))
    let result = try chat([
      "/system Be brief.", "One", "Two", "/undo", "/again", "//slash", "/save \(first)", "/new", "Three",
      "/save \(second)", "/load \(first)", "/history", "/exit", "never said",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try messages(first).filter { $0["role"] != "assistant" }.map { $0["content"]?.stringValue }
        == ["Be brief.", "One", "/slash"])
    #expect(
      try messages(second).filter { $0["role"] != "assistant" }.map { $0["content"]?.stringValue } == [
        "Be brief.", "Three",
      ])
    #expect(result.output.contains("user: /slash") && result.output.contains("of 256 tokens"))
    #expect(!result.output.contains("never"))
  }

  @Test func optionsAreSet() throws {
    let greedy = try chat(["One", "/new", "One"]).output
    let answers = try chat(["One", "/new", "/set temperature 2", "/set seed 5", "/set --max-tokens=3", "One", "/set"])
    #expect(answers.status == 0, "\(answers.errors)")
    #expect(answers.output.contains("temperature 2.0") && answers.output.contains("max-tokens 3"))
    #expect(answers.output.split(separator: "\n").first == greedy.split(separator: "\n").first)
  }

  /// On a terminal a conversation goes on after a mistake, with what it held before.
  @Test func anAnswerThatFailsChangesNothing() throws {
    let folder = try TemporaryFolder()
    let (failed, mended) = (folder("failed.json"), folder("mended.json"))
    let long = String(repeating: "x y ", count: 300)
    let shown = try TerminalConversation.run(
      ["chat", "--model", tiny, "--max-tokens", "4", "--precision", "exact", "--quiet"],
      lines: [
        "One", "/system \(long)", "/again", "Two", "/save \(failed)", "/system Brief.", "/again", "/save \(mended)",
        "/exit",
      ])
    #expect(shown.split(separator: "error: ").count == 3, "\(shown)")
    let (before, after) = (try messages(failed), try messages(mended))
    #expect(before.map { $0["role"]?.stringValue } == ["system", "user", "assistant"])
    #expect(before[1]["content"] == "One")
    #expect(after.map { $0["role"]?.stringValue } == ["system", "user", "assistant"])
    #expect(after.first?["content"] == "Brief." && after[1] == before[1])
  }

  @Test(arguments: [
    ("/again", "no message"), ("/nonsense", "/help"), ("/set warmth 3", "temperature"), ("/set top-p 3", "above 0"),
    ("/set temperature", "/set"),
    ("/undo", "no message"), ("/tool 3", "calls no function"), ("/save", "needs a file"),
    ("/load /nowhere.json", "nowhere"),
    ("/save /nowhere/x.json", "nowhere"),
  ])
  func mistakesAreNamed(line: String, hint: String) throws {
    let result = try chat([line])
    #expect(result.status == 1)
    #expect(result.errors.contains(hint), "\(result.errors)")
    #expect(!result.errors.contains("Fatal"))
  }

  /// Calls of functions are kept as servers exchange them; /tool asks for the result of each.
  @Test func resultsOfFunctionsAreAskedFor() throws {
    let folder = try TemporaryFolder()
    let messages = #"""
      {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"","tool_calls":[\#
      {"id":"c1","type":"function","function":{"name":"add","arguments":"{\"a\":1}"}},\#
      {"id":"c2","type":"function","function":{"name":"now","arguments":"{}"}}]}]}

      """#
    try folder.write("talk.json", messages)
    let copy = folder("copy.json")
    let result = try chat(["/history", "/save \(copy)", "/tool 2", "/tool noon"], ["--session", folder("talk.json")])
    #expect(String(decoding: try MappedFile(path: copy).copied, as: UTF8.self) == messages)
    #expect(result.output.contains("assistant: add({\"a\":1})\nnow({})"))
    #expect(result.output.contains("and what does now({}) give?"))
    // This model's template knows no calls, and says so.
    #expect(result.status == 1 && result.errors.contains("does not write out the functions"), "\(result.errors)")
  }

  @Test func damagedSessionsAreRefused() throws {
    let folder = try TemporaryFolder()
    for text in [
      "", "{", "3", #"{"messages": 3}"#, #"{"messages": [{"role": "user"}]}"#, #"[{"role": 1, "content": "x"}]"#,
      #"[{"role": "assistant", "tool_calls": 3, "content": ""}]"#, #"[{"role": "assistant", "tool_calls": []}]"#,
      #"[{"role": "assistant", "tool_calls": [{"function": {"arguments": {}}}], "content": ""}]"#,
    ] {
      try folder.write("talk.json", text)
      let result = try chat(["One"], ["--session", folder("talk.json")])
      #expect(result.status == 1 && result.errors.contains("talk.json"), "\(text): \(result.errors)")
    }
  }
}
