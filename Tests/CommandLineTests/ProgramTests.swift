import AttendBase
import AttendTestSupport
import Foundation
import Testing

/// The program as a shell sees it.
@Suite(.serialized) struct ProgramTests {
  private let tiny = TestFixtures.path("golden/llama-gguf-f32/model.gguf")

  private func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8), source: "output") }

  /// One line that starts with `error: ` and tells what to try, and nothing on standard output.
  private func expectFailure(_ program: Program, _ part: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(program.status == 1, sourceLocation: sourceLocation)
    #expect(program.output == "", sourceLocation: sourceLocation)
    let lines = program.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(program.errors)", sourceLocation: sourceLocation)
    #expect(lines.first?.hasPrefix("error: ") == true, sourceLocation: sourceLocation)
    #expect(program.errors.contains(part), "\(program.errors)", sourceLocation: sourceLocation)
  }

  @Test func versionAndHelpAreAnswers() throws {
    let version = try Program.run(["--version"])
    #expect(version.status == 0 && version.output.contains(".") && version.errors == "")
    let help = try Program.run(["help", "generate"])
    #expect(help.status == 0 && help.output.contains("EXAMPLES") || help.output.contains("Examples:"))
    let usage = try Program.run(["generate", "--top-k", "0", "x"])
    #expect(usage.status == 64 && usage.output == "" && usage.errors.contains("--top-k"))
    // Other programs take the model first.
    let misplaced = try Program.run(["generate", tiny, "x"])
    #expect(misplaced.status == 64 && misplaced.errors.contains("--model \(tiny)"))
    #expect(try !Program.run(["generate", "x", "y"]).errors.contains("Name the model"))
  }

  @Test func generateStreamsAndCounts() throws {
    let arguments = ["generate", "--model", tiny, "--max-tokens", "12"]
    let plain = try Program.run(arguments + ["It is a truth"])
    #expect(plain.status == 0 && plain.errors == "")
    let object = try json(try Program.run(arguments + ["--json", "It is a truth"]).output)
    #expect(object["text"]?.stringValue.map { $0 + "\n" } == plain.output)
    #expect(object["generated_tokens"]?.intValue == 12)
    #expect(object["finish_reason"]?.stringValue == "length")
    // Standard input loses its last line break, an argument of - means standard input.
    #expect(try Program.run(arguments, input: Array("It is a truth\n".utf8)).output == plain.output)
    #expect(try Program.run(arguments + ["-"], input: Array("It is a truth".utf8)).output == plain.output)
    #expect(try Program.run(arguments + ["x"], environment: ["ATTEND_ISA": "portable"]).status == 0)
    let seeded = arguments + ["--temperature", "2", "--seed", "5", "x"]
    #expect(try Program.run(seeded).output == Program.run(seeded + ["--threads", "1"]).output)
  }

  @Test func trainTokenizerWritesWhatItLearned() throws {
    let folder = try TemporaryFolder()
    let text = TestFixtures.path("austen-3000.txt")
    let arguments = ["train-tokenizer", text, "--size", "400", "--special", "<s>", "--out"]
    let summary = try Program.run(arguments + [folder.path + "/a.json", "--json"])
    #expect(try summary.status == 0 && json(summary.output)["tokens"]?.intValue == 400)
    #expect(try Program.run(arguments + [folder.path + "/b.json", "--quiet"]).output == "")
    let first = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path + "/a.json")))
    #expect(try first == [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path + "/b.json"))))
    #expect(try JSON(parsing: first, source: "a.json")["model"]?["vocab"]?["<s>"]?.intValue == 0)
    expectFailure(try Program.run(["train-tokenizer", text, "--size", "255", "--out", "x"]), "256 bytes")
    expectFailure(try Program.run(["train-tokenizer", folder.path + "/none", "--size", "300", "--out", "x"]), "exist")
    expectFailure(try Program.run(["train-tokenizer", "-", "--size", "300", "--out", "x"], input: [0xFF]), "at byte 0")
  }

  @Test func aModelIsFoundThroughTheEnvironment() throws {
    let folder = try TemporaryFolder()
    let found = try Program.run(["generate", "--max-tokens", "2", "x"], environment: ["ATTEND_MODEL": tiny])
    #expect(found.status == 0)
    let none = try Program.run(["generate", "x"], environment: ["ATTEND_MODEL": "", "ATTEND_MODELS": folder.path])
    expectFailure(none, "fetch-models smollm2")
  }

  @Test func badInputIsOneLineAndStatus1() throws {
    let model = ["generate", "--model", tiny]
    expectFailure(try Program.run(model + [""]), "empty")
    expectFailure(try Program.run(model, input: []), "empty")
    expectFailure(try Program.run(model, input: [0x61, 0xFF, 0x62]), "at byte 1")
    expectFailure(try Program.run(model, input: Array(String(repeating: "x y ", count: 300).utf8)), "256")
    expectFailure(try Program.run(["generate", "--model", "/no/such\nfile", "x"]), "does not exist")
    expectFailure(try Program.run(["show", TestFixtures.path("austen-3000.txt")]), "neither")
    expectFailure(try Program.run(["perplexity", "--model", tiny, "/no/such"]), "does not exist")
    let folder = try TemporaryFolder()
    try writeAtomically(to: folder("latin1.txt"), [0xE9, 0x20])
    expectFailure(try Program.run(["perplexity", "--model", tiny, folder("latin1.txt")]), "at byte 0")
    try writeAtomically(to: folder("config.json"), Array(#"{"architectures": ["Nope"]}"#.utf8))
    let weights = try MappedFile(path: TestFixtures.path("golden/llama2/model.safetensors"))
    try writeAtomically(to: folder("model.safetensors"), weights.withUnsafeBytes { Array($0) })
    expectFailure(try Program.run(["generate", "--model", folder.path, "x"]), "Nope")
    #expect(try Program.run(["show", folder.path]).output.contains("not supported"))
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything")) func noPermission() throws {
    let folder = try TemporaryFolder()
    try writeAtomically(to: folder("model.gguf"), [0])
    chmod(folder("model.gguf"), 0)
    expectFailure(try Program.run(["show", folder("model.gguf")]), "permission")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"))) func aFullDiskIsAnError() throws {
    let generate = try Program.run(["generate", "--model", tiny, "--max-tokens", "3", "x"], output: "/dev/full")
    #expect(generate.status == 1 && generate.errors.hasPrefix("error: cannot write to standard output"))
    let tokenize = try Program.run(["tokenize", "--model", tiny, "text"], output: "/dev/full")
    #expect(tokenize.status == 1 && tokenize.errors.contains("No space left"))
  }

  @Test func aReaderThatLeavesIsNoError() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "(\"\(Program.path)\" generate --model \"\(tiny)\" --max-tokens 200 x; echo $? >&2) | head -c 1 >/dev/null",
    ]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(text == "0\n")
  }

  @Test(.timeLimit(.minutes(1))) func controlCWithNothingRunningEndsWith130() throws {
    let waiting = try Program.run(
      ["chat", "--model", tiny, "--max-tokens", "3", "--json"], input: Array("One\n".utf8)
    ) { process, _ in
      process.interrupt()
      process.waitUntilExit()
    }
    #expect(waiting.status == 130 && waiting.errors == "" && waiting.output.hasSuffix("}\n"))
  }

  @Test(.timeLimit(.minutes(1)), .enabled(if: TestModels.smolLM2 != nil, "run scripts/fetch-models smollm2"))
  func controlCStopsTheAnswer() throws {
    let model = try #require(TestModels.smolLM2)
    let text = try Program.run(["generate", "--model", model, "Once upon a time"]) { process, _ in process.interrupt() }
    #expect(text.status == 130 && text.errors == "" && text.output.hasSuffix("\n"))
    // In a conversation the program goes on.
    let chat = try Program.run(["chat", "--model", model], input: Array("Count to one thousand.\n".utf8)) {
      process, input in
      process.interrupt()
      usleep(300_000)
      try? input.write(contentsOf: Array("What is the capital of France?\n".utf8))
    }
    #expect(chat.status == 0 && chat.errors == "" && chat.output.contains("Paris"))
  }

  @Test func aPipedConversationAnswersLineByLine() throws {
    let lines = try Program.run(
      ["chat", "--model", tiny, "--max-tokens", "5", "--json"], input: Array("One\n\n \nTwo\nThree".utf8))
    #expect(lines.status == 0)
    let answers = try lines.output.split(separator: "\n").map { try json(String($0)) }
    #expect(answers.count == 3)
    #expect((answers[1]["reused_tokens"]?.intValue ?? 0) >= (answers[0]["prompt_tokens"]?.intValue ?? 0) - 1)
  }

  @Test func tokenizePrintsIds() throws {
    let ids = try json(Program.run(["tokenize", "--model", tiny, "--json", "It is"]).output)
    let count = try #require(ids.arrayValue?.count)
    #expect(count > 0)
    let plain = try Program.run(["tokenize", "--model", tiny, "It is"]).output
    #expect(plain.split(separator: "\n").count == count)
    let special = try json(Program.run(["tokenize", "--model", tiny, "--json", "--special", "<|im_end|>"]).output)
    let text = try json(Program.run(["tokenize", "--model", tiny, "--json", "<|im_end|>"]).output)
    #expect(special.arrayValue?.count == 1 && (text.arrayValue?.count ?? 0) > 1)
  }

  @Test func showPerplexityAndBenchSpeakJSON() throws {
    let show = try json(Program.run(["show", "--json", "--tensors", tiny]).output)
    #expect(show["parameters"]?.intValue == 67_904 && show["tensors"]?.arrayValue?.count == 20)
    #expect(try Program.run(["show", tiny]).output.contains("67,904"))
    let text = TestFixtures.path("austen-3000.txt")
    let perplexity = try json(
      Program.run(["perplexity", "--model", tiny, "--tokens", "100", "--json", text]).output)
    #expect(perplexity["predictions"]?.intValue == 99)
    #expect((perplexity["nats_per_token"]?.doubleValue ?? 0) > 1)
    let bench = try json(
      Program.run(["bench", tiny, "--prompt", "20", "--decode", "5", "--repetitions", "2", "--threads", "1", "--json"])
        .output)
    #expect(bench["prompt_tokens"]?.intValue == 20 && bench["decode_tokens"]?.intValue == 5)
    #expect(bench["threads"]?.intValue == 1 && bench["precision"]?.stringValue == "exact")
    #expect(bench["samples"]?["decode_tokens_per_second"]?.arrayValue?.count == 2)
    #expect((bench["prompt_tokens_per_second"]?.doubleValue ?? 0) > 0 && bench["load_seconds"]?.doubleValue != nil)
    expectFailure(try Program.run(["bench", tiny, "--prompt", "1000"]), "256")
  }

  @Test func benchShowsWhereTheTimeGoes() throws {
    let command = ["bench", tiny, "--prompt", "20", "--decode", "5", "--repetitions", "1", "--profile"]
    let decode = try #require(json(Program.run(command + ["--json"]).output)["profile"]?["decode"])
    let operations = try #require(decode["operations"]?.arrayValue)
    let total = try #require(decode["total"])
    for quantity in ["seconds", "float_operations", "parallel_regions", "allocations"] {
      let sum = operations.reduce(0) { $0 + ($1[quantity]?.doubleValue ?? .nan) }
      let whole = try #require(total[quantity]?.doubleValue)
      #expect(abs(sum - whole) <= 1e-9 * whole + 1e-12, "\(quantity)")
    }
    let names = operations.compactMap { $0["operation"]?.stringValue }
    #expect(names.contains("attention") && names.contains("cache write") && names.contains("sampling"))
    #expect(names.contains { $0.hasPrefix("product ") } && names.last == "everything else")
    let table = try Program.run(command).output
    #expect(
      table.contains("one decode step") && table.contains("one prompt of 20") && table.contains("% of the machine's"))
  }
}
