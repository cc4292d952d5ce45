import AttendBase
import AttendFormats
import AttendTestSupport
import AttendText
import Testing

/// What the reference implementation renders; see Fixtures/README.md.
@Suite struct ChatTemplateFixtureTests {
  @Test(arguments: ["alternating", "chatml", "headers", "macros", "namespaces", "strict", "tools", "whitespace"])
  func templatesMatchTheReference(_ name: String) throws {
    let source = String(decoding: try readFile(TestFixtures.path("templates/\(name).jinja")), as: UTF8.self)
    try check(ChatTemplate(source: source, name: "\(name).jinja"), "templates/\(name).json")
  }

  @Test(.enabled(if: TestModels.smolLM2 != nil))
  func publishedTemplateMatchesTheReference() throws {
    let metadata = try GGUFFile(path: try #require(TestModels.smolLM2)).metadata
    let source = try #require(metadata["tokenizer.chat_template"]?.stringValue)
    let template = try ChatTemplate(source: source)
    try check(template, "templates/smollm2.json")
    let text = try template.render(
      messages: [ChatMessage(role: "user", content: "What is the capital of France?")], addGenerationPrompt: true)
    #expect(text.hasSuffix("<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"))
  }

  /// Every template of llama.cpp's collection; see Fixtures/make-templates-collection.py.
  @Test(.enabled(if: TestModels.templates != nil))
  func collectionMatchesTheReference() throws {
    let folder = try #require(TestModels.templates)
    let path = "templates/collection.json"
    let file = try JSON(parsing: readFile(TestFixtures.path(path)), source: path)
    let cases = try #require(file["cases"]?.objectValue)
    #expect(cases.count == 70)
    var rendered = 0
    for (name, expectations) in cases {
      var template = try ChatTemplate(
        source: String(decoding: readFile("\(folder)/\(name)"), as: UTF8.self), name: name)
      template.fixedTime = file["time"]?.intValue
      for (label, digest) in try #require(expectations.objectValue) {
        let withoutPrompt = label.hasSuffix(", no prompt")
        let conversation = withoutPrompt ? String(label.dropLast(", no prompt".count)) : label
        var variables = try #require(file["variables"]?.objectValue)
        variables["tools"] = .null
        variables["documents"] = .null
        for (key, value) in try #require(file["conversations"]?[conversation]?.objectValue) { variables[key] = value }
        variables["add_generation_prompt"] = .bool(!withoutPrompt)
        do {
          let text = try template.render(variables)
          let hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
          let hexadecimal = String(hash, radix: 16)
          let padded = String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal
          #expect(digest.stringValue == padded, "\(name), \(label): \(text.prefix(400))")
          rendered += 1
        } catch {
          #expect(digest.isNull, "\(name), \(label): \(error)")
          #expect(error.message.hasPrefix(name + ":"))
        }
      }
    }
    #expect(rendered == 561)
  }

  /// Templates take calls of functions in different forms, and each gets its own.
  @Test(.enabled(if: TestModels.templates != nil))
  func collectionWritesCalls() throws {
    let folder = try #require(TestModels.templates)
    let properties: JSON = ["city": ["type": "string", "description": "Where."]]
    let parameters: JSON = ["type": "object", "properties": properties, "required": ["city"]]
    let function: JSON = ["name": "weather", "description": "Tells the weather.", "parameters": parameters]
    let variables: JSON = [
      "tools": [["type": "function", "function": function]], "bos_token": "<s>", "eos_token": "</s>",
    ]
    var without: [String] = []
    for name in try Folder.names(in: folder).sorted() where name.hasSuffix(".jinja") {
      let source = String(decoding: try readFile("\(folder)/\(name)"), as: UTF8.self)
      let template = try ChatTemplate(source: source, name: name)
      if !template.writesCalls(try #require(variables.objectValue)) { without.append(name) }
    }
    #expect(
      without
        == [
          // Its list of functions goes by another name.
          "fireworks-ai-llama-3-firefunction-v2",
          // They name a call by its id alone.
          "Kimi-K2-Instruct", "Kimi-K2-Thinking",
          // The reference implementation fails, too: a generator is no JSON.
          "llama-cpp-deepseek-r1",
          // They do not know of calls.
          "HuggingFaceTB-SmolLM3-3B", "LFM2-8B-A1B", "LFM2.5-Instruct", "google-gemma-2-2b-it",
          "ibm-granite-granite-3.3-2B-Instruct", "llama-cpp-rwkv-world", "microsoft-Phi-3.5-mini-instruct",
        ].map { $0 + ".jinja" }.sorted())
  }

  @Test func snippetsMatchTheReference() throws {
    let file = try JSON(parsing: readFile(TestFixtures.path("templates/snippets.json")), source: "snippets.json")
    let cases = try #require(file["cases"]?.arrayValue)
    #expect(cases.count > 100)
    for item in cases {
      let source = try #require(item["template"]?.stringValue)
      let variables: JSON.Object = try #require((["messages": file["messages"] ?? nil] as JSON).objectValue)
      do {
        let text = try ChatTemplate(source: source, name: "snippet").render(variables)
        #expect(item["rendered"]?.stringValue.map { Array($0.utf8) } == Array(text.utf8), "\(source) gave \(text)")
      } catch {
        #expect(item["error"] != nil, "\(source) failed: \(error)")
        #expect(error.message.hasPrefix("snippet:1: "))
      }
    }
  }

  private func check(_ template: ChatTemplate, _ expectations: String) throws {
    let cases = try JSON(parsing: readFile(TestFixtures.path(expectations)), source: expectations)
    #expect(!(try #require(cases.arrayValue)).isEmpty)
    for item in cases.arrayValue ?? [] {
      let name = item["name"]?.stringValue ?? ""
      let variables = try #require(item["variables"]?.objectValue)
      do {
        let text = try template.render(variables)
        #expect(item["rendered"]?.stringValue.map { Array($0.utf8) } == Array(text.utf8), "\(name): \(text)")
      } catch {
        let expected = try #require(item["error"]?.stringValue, "\(name) failed: \(error)")
        #expect(error.code == .invalidInput)
        #expect(error.message.contains(expected), "\(name): \(error), not \(expected)")
      }
    }
  }
}
