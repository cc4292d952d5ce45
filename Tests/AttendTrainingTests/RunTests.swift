import AttendBase
import AttendFormats
import AttendTestSupport
import AttendTraining
import Testing

/// Whole runs from a configuration to a folder.
@Suite(.serialized) struct RunTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    var pairs = ""
    for index in 0..<40 { pairs += "a\(index % 7) b\(index % 3)\tc\(index % 3) d\(index % 7)\r\n" }
    try folder.write("pairs.tsv", pairs)
    try folder.write("text.txt", String(repeating: "the cat sat on the mat. ", count: 30))
    try folder.write("lines.txt", (0..<30).map { "line \($0 * 37 % 11) of text\n" }.joined())
  }

  private func configuration(_ changes: [(String, String)] = [], kind: String = "text") throws -> TrainingConfiguration
  {
    var text = """
      {"model": MODEL, "tokenizer": "characters", "data": DATA,
       "training": {"steps": 8, "batch_size": 4, "evaluate_every": 4, "checkpoint_every": 3,
         "schedule": {"learning_rate": 0.01}}}
      """
    let gpt = """
      {"architectures": ["GPT2LMHeadModel"], "n_layer": 1, "n_head": 2, "n_embd": 8, "n_positions": 16}
      """
    let transformer = """
      {"architectures": ["Transformer"], "d_model": 8, "encoder_layers": 1, "decoder_layers": 1,
       "encoder_attention_heads": 2, "decoder_attention_heads": 2, "max_position_embeddings": 24}
      """
    let data = [
      "text": "{\"kind\": \"text\", \"train\": \"text.txt\", \"validation_fraction\": 0.1}",
      "lines": "{\"kind\": \"lines\", \"train\": \"lines.txt\", \"validation_fraction\": 0.1}",
      "pairs": "{\"kind\": \"pairs\", \"train\": \"pairs.tsv\", \"validation_fraction\": 0.1}",
    ]
    for (from, to) in [("MODEL", kind == "pairs" ? transformer : gpt), ("DATA", data[kind] ?? "")] + changes {
      guard let range = text.firstRange(of: from) else {
        Issue.record("\(from) is not in the configuration")
        continue
      }
      text.replaceSubrange(range, with: to)
    }
    return try TrainingConfiguration(JSON(parsing: text, source: "c.json"), folder: folder.path, name: "c.json")
  }

  private func run(
    _ configuration: TrainingConfiguration, _ name: String = "run", isResuming: Bool = false, stopAt: Int = .max
  ) throws -> (summary: TrainingSummary, events: [TrainingEvent]) {
    let seen = Locked<[TrainingEvent]>([])
    let run = TrainingRun(configuration, path: folder(name), isResuming: isResuming)
    let steps = Locked(0)
    let summary = try run.run(
      isCancelled: {
        steps.withLock {
          $0 += 1
          return $0 == stopAt
        }
      },
      events: { event in seen.withLock { $0.append(event) } })
    return (summary, seen.withLock { $0 })
  }

  private func bytes(_ name: String) throws -> [UInt8] { try MappedFile(path: folder(name)).copied }

  @Test(arguments: ["text", "lines", "pairs"])
  func aRunLeavesAModel(kind: String) throws {
    let (summary, events) = try run(configuration(kind: kind))
    #expect(summary.reason == .steps && summary.step == 8 && summary.bestValidation != nil)
    let checkpoint = try Checkpoint(path: folder("run"))
    #expect(checkpoint.tensors.names.count > 5)
    if case .none = checkpoint.tokenizer { Issue.record("no tokenizer") }
    let log = MetricsLog.read(folder("run/metrics.jsonl"))
    #expect(log.map(\.step) == Array(1...8))
    #expect(log.filter { $0.validationLoss != nil }.map(\.step) == [4, 8])
    #expect(log.allSatisfy { $0.loss.isFinite && $0.gradientNorm > 0 && $0.learningRate == 0.01 })
    let curve = String(decoding: try bytes("run/loss.svg"), as: UTF8.self)
    #expect(curve.hasPrefix("<svg") && curve.hasSuffix("</svg>\n") && curve.contains("held-out loss"))
    #expect(try Folder.names(in: folder("run/checkpoints")) == ["step-000000006", "step-000000008"])
    guard case .started(let start)? = events.first, case .finished? = events.last else {
      Issue.record("events begin and end otherwise")
      return
    }
    #expect(start.steps == 8 && start.heldOutExamples > 0 && start.parameterCount > 100)
  }

  @Test(arguments: ["text", "lines", "pairs"])
  func aStoppedRunContinuesExactly(kind: String) throws {
    // Dropout, an average and epochs, so that all of the state counts.
    let changes = [
      ("\"steps\": 8", "\"epochs\": 1, \"averaging\": 0.9"), ("\"batch_size\": 4", "\"batch_tokens\": 60"),
      kind == "pairs"
        ? ("\"d_model\": 8", "\"d_model\": 8, \"dropout\": 0.2")
        : ("\"n_embd\": 8", "\"n_embd\": 8, \"resid_pdrop\": 0.2"),
    ]
    let whole = try run(configuration(changes, kind: kind), "whole").summary
    #expect(whole.step > 5)
    for stop in [1, 2, 5] { _ = try run(configuration(changes, kind: kind), "cut", isResuming: stop > 1, stopAt: stop) }
    _ = try run(configuration(changes, kind: kind), "cut", isResuming: true)
    let last = TrainingFolder(path: "", identity: RunIdentity()).path(ofStep: whole.step)
    for name in [
      "/model.safetensors", last + "/model.safetensors", last + "/optimizer.safetensors", last + "/average.safetensors",
    ] {
      #expect(try bytes("whole" + name) == bytes("cut" + name), "\(name)")
    }
    func numbers(_ name: String) -> [StepMetrics] {
      MetricsLog.read(folder(name)).map {
        var metrics = $0
        metrics.seconds = 0
        return metrics
      }
    }
    #expect(numbers("whole/metrics.jsonl") == numbers("cut/metrics.jsonl"))
  }

  @Test func anotherRunIsNotContinued() throws {
    _ = try run(configuration())
    func expectRefusal(_ parts: [String], _ changes: [(String, String)], isResuming: Bool = true) throws {
      let other = try configuration(changes)
      let error = #expect(throws: AttendError.self) { try run(other, isResuming: isResuming) }
      for part in parts { #expect(error?.description.contains(part) == true, "\(error as Any)") }
    }
    try expectRefusal(["--resume"], [], isResuming: false)
    try expectRefusal(["model.n_embd", "8", "16"], [("\"n_embd\": 8", "\"n_embd\": 16")])
    try expectRefusal(["batch", "4 examples", "5 examples"], [("\"batch_size\": 4", "\"batch_size\": 5")])
    try folder.write("text.txt", String(repeating: "the cat sat on the mat! ", count: 30) + "?")
    try expectRefusal(["vocabulary is 11", "12"], [])
    let missing = try configuration()
    let error = #expect(throws: AttendError.self) { try run(missing, "nowhere", isResuming: true) }
    #expect(error?.code == .notFound)
  }

  @Test func aRunWithoutCheckpointsStartsAgain() throws {
    try AtomicFolder.create(folder("run/checkpoints"))
    // What a process that was killed while it wrote leaves behind.
    try AtomicFolder.create(folder("run/checkpoints/.attend-1-step-000000003.tmp"))
    try folder.write("run/metrics.jsonl", "{\"step\": 1, \"loss\": 3")
    let (summary, _) = try run(configuration(), isResuming: true)
    #expect(summary.step == 8)
    #expect(MetricsLog.read(folder("run/metrics.jsonl")).count == 8)
    let names = try Folder.names(in: folder("run/checkpoints"))
    #expect(names.allSatisfy { $0.hasPrefix("step-") })
    #expect(!Folder.exists(folder("run/checkpoints/.attend-1-step-000000003.tmp")))
  }

  @Test func longLinesAreCutOrLeftOut() throws {
    try folder.write("lines.txt", "short one\n" + String(repeating: "long ", count: 30) + "\nshort two\nthree\n")
    func notices(_ option: String) throws -> [String] {
      let changes = [
        ("\"validation_fraction\": 0.1", "\"too_long\": \"\(option)\""), ("\"evaluate_every\": 4, ", ""),
      ]
      return try run(configuration(changes, kind: "lines"), option).events.compactMap {
        if case .notice(let text) = $0 { text } else { nil }
      }
    }
    #expect(try notices("truncate") == ["1 of 4 lines are longer than the limit and were cut"])
    #expect(try notices("skip") == ["1 of 4 lines are longer than the limit and were left out"])
  }

  @Test func badDataIsExplained() throws {
    func expectRefusal(
      _ part: String, _ changes: [(String, String)], kind: String = "text",
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let configuration = try configuration(changes, kind: kind)
      let error = #expect(throws: AttendError.self, sourceLocation: sourceLocation) { try run(configuration) }
      #expect(error?.description.contains(part) == true, "\(error as Any)", sourceLocation: sourceLocation)
    }
    try expectRefusal("16 positions", [("\"validation_fraction\": 0.1", "\"block_size\": 17")])
    try expectRefusal("did you mean \"GPT2LMHeadModel\"?", [("GPT2LMHeadModel", "GPT2LMHead")])
    let pairsOfText = "\"kind\": \"pairs\", \"train\": \"pairs.tsv\""
    try expectRefusal("cannot learn from", [("\"kind\": \"text\", \"train\": \"text.txt\"", pairsOfText)])
    try expectRefusal("tokens", [("\"n_embd\": 8", "\"n_embd\": 8, \"vocab_size\": 3")])
    try expectRefusal(
      "held-out", [("\"validation_fraction\": 0.1", "\"block_size\": 4"), ("\"steps\"", "\"patience\": 1, \"steps\"")])
    try folder.write("text.txt", "one line")
    try expectRefusal("to learn from", [])
    try folder.write("text.txt", "")
    try expectRefusal("empty", [])
    try folder.write("pairs.tsv", "a\tb\nc")
    try expectRefusal("line 2 has no tab", [], kind: "pairs")
  }

  @Test func aFullDiskLeavesTheLastCheckpoint() throws {
    struct Full: Error {}
    let path = folder("step")
    try AtomicFolder.write(to: path) { try writeAtomically(to: $0 + "/a", [1]) }
    #expect(throws: Full.self) {
      try AtomicFolder.write(to: path) {
        try writeAtomically(to: $0 + "/a", [2])
        throw Full()
      }
    }
    #expect(try bytes("step/a") == [1])
    #expect(folder.names.filter { $0.hasPrefix(".") } == [])
  }
}
