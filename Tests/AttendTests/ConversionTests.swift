import Attend
import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import AttendText
import Testing

/// Models written in another form are the same models.
@Suite struct ConversionTests {
  private static let texts = [
    "Hello, world! 12345", " a  b\n\ncat", "é 日本 🙂", "<|im_start|>user", "don't STOP's", "",
  ]

  private func logits(_ checkpoint: Checkpoint, _ golden: Golden) throws -> [Float] {
    let model = try ModelRegistry.load(checkpoint, precision: .exact)
    let tokens = try golden.sequences().flatMap { $0 }
    var pass = ForwardPass(lengths: try golden.sequences().map(\.count))
    return model(Tensor(tokens, shape: [tokens.count]), &pass).scalars(Float.self)
  }

  private func largestDifference(_ first: [Float], _ second: [Float]) -> Float {
    guard first.count == second.count else { return .infinity }
    return zip(first, second).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// What files keep of norms is 1 + w for Gemma, and of Llama 3's scaling factors: a rounding each.
  private func tolerance(_ name: String) -> Float { name.hasPrefix("gemma") || name.hasPrefix("llama3") ? 1e-4 : 0 }

  @Test(arguments: [
    "gpt2", "gpt2-hub", "llama2", "llama3", "llama3-parameters", "llama-tied", "llama-biased", "llama-oddheads",
    "llama-wideheads", "llama-sharded", "llama-bf16", "llama-f16", "qwen2", "qwen3", "phi3",
    "phi3-partial",
    "phi3-longrope", "olmo2", "gemma", "gpt-neox", "mixtral",
  ])
  func safetensorsToGGUFAndBack(_ name: String) async throws {
    let golden = try Golden(name)
    let folder = try TemporaryFolder()
    let summary = try await ModelConversion.convert(
      .directory(golden.checkpoint.path), to: folder("model.gguf"), type: .float32)
    #expect(summary.weights.map(\.type) == ["F32"] && summary.bytes > 1000)
    let expected = try logits(golden.checkpoint, golden)
    let gguf = try Checkpoint(path: folder("model.gguf"))
    #expect(largestDifference(try logits(gguf, golden), expected) <= tolerance(name))
    _ = try await ModelConversion.convert(.file(folder("model.gguf")), to: folder("back"))
    let back = try Checkpoint(path: folder("back"))
    #expect(largestDifference(try logits(back, golden), expected) <= tolerance(name))
    // The names are those of the model that we came from.
    let names = Set(golden.checkpoint.tensors.names).filter {
      !$0.contains(".attn.bias") && !$0.contains("masked_bias")
    }
    if name != "gpt2-hub" { #expect(names.isSuperset(of: Set(back.tensors.names))) }
  }

  @Test(arguments: [
    "gpt2-gguf-f32", "gpt2-gguf-q4_0", "llama-gguf-f16", "llama-gguf-q4_1", "llama3-gguf-mixed", "gemma3-gguf-f32",
    "gemma3-gguf-mixed", "qwen2-gguf-q8_0", "qwen3-gguf-q8_0", "phi3-gguf-q8_0", "phi3-longrope-gguf-q8_0",
    "olmo2-gguf-q8_0", "gemma-gguf-q8_0", "gemma2-gguf-q8_0", "gpt-neox-gguf-q8_0", "mixtral-gguf-q8_0",
    "qwen2-moe-gguf-q8_0", "qwen3-moe-gguf-q8_0",
  ])
  func ggufToFolderAndBack(_ name: String) async throws {
    let golden = try Golden(name)
    let folder = try TemporaryFolder()
    _ = try await ModelConversion.convert(.file(golden.checkpoint.path), to: folder("model"), type: .float32)
    _ = try await ModelConversion.convert(.directory(folder("model")), to: folder("again.gguf"))
    let expected = try logits(golden.checkpoint, golden)
    let tokenizer = try #require(try golden.checkpoint.readTokenizer())
    for path in [folder("model"), folder("again.gguf")] {
      let checkpoint = try Checkpoint(path: path)
      #expect(largestDifference(try logits(checkpoint, golden), expected) <= tolerance(name))
      let other = try #require(try checkpoint.readTokenizer())
      #expect(other.specialTokens == tokenizer.specialTokens)
      for text in Self.texts {
        let ids = try tokenizer.encode(text, allowSpecial: true, addSpecialTokens: true)
        #expect(try other.encode(text, allowSpecial: true, addSpecialTokens: true) == ids)
      }
      #expect(try ChatTemplateSource(checkpoint)?.text == ChatTemplateSource(golden.checkpoint)?.text)
    }
  }

  @Test(arguments: [
    ("mistral", "sliding_window"), ("qwen2-window", "use_sliding_window"), ("qwen2-moe", "mlp_only_layers"),
    ("gemma2", "query_pre_attn_scalar"), ("gemma3", "query_pre_attn_scalar"), ("llama-dynamic", "rope_scaling"),
    ("gpt-neox-serial", "attention_bias"), ("qwen3-moe", "mlp_only_layers"),
  ])
  func whatGGUFCannotSayIsNamed(_ name: String, _ field: String) async throws {
    let golden = try Golden(name)
    let folder = try TemporaryFolder()
    let error = await #expect(throws: AttendError.self) {
      try await ModelConversion.convert(.directory(golden.checkpoint.path), to: folder("model.gguf"))
    }
    #expect(error?.code == .unsupported && error?.message.contains("\"\(field)\"") == true, "\(error?.message ?? "")")
    #expect(try Folder.names(in: folder.path).isEmpty)
  }

  @Test(arguments: [BlockFormat.q80, .q40, .q41, .q50, .q51, .q4K, .q5K, .q6K])
  func quantizedModelsAreClose(_ format: BlockFormat) async throws {
    let golden = try Golden("llama-gguf-f32")
    let folder = try TemporaryFolder()
    let summary = try await ModelConversion.quantize(.file(golden.checkpoint.path), to: folder("q.gguf"), as: format)
    // Rows of 64 are no whole super-blocks.
    #expect(summary.fallbacks.isEmpty == (format == .q80))
    let checkpoint = try Checkpoint(path: folder("q.gguf"))
    let (found, expected) = (try logits(checkpoint, golden), try logits(golden.checkpoint, golden))
    let spread = (expected.reduce(0) { $0 + $1 * $1 } / Float(expected.count)).squareRoot()
    let noise = zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(found.count)
    #expect(noise > 0 && noise.squareRoot() < 0.3 * spread)
    #expect(summary.bytes < summary.bytesBefore / 2)
    guard case .gguf(let metadata) = checkpoint.configuration else { return }
    #expect(metadata["general.quantization_version"]?.intValue == 2)
  }

  @Test func aCancelledTaskLeavesNothing() async throws {
    let golden = try Golden("llama-gguf-f32")
    let folder = try TemporaryFolder()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try await ModelConversion.quantize(.file(golden.checkpoint.path), to: folder("q.gguf"), as: .q80)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try Folder.names(in: folder.path).isEmpty)
  }

  @Test func wrongOutputsAreRefused() async throws {
    let golden = try Golden("llama-gguf-f32")
    let folder = try TemporaryFolder()
    try folder.write("file", [1])
    await #expect(throws: AttendError.self) {
      try await ModelConversion.convert(.file(golden.checkpoint.path), to: folder.path)
    }
    await #expect(throws: AttendError.self) {
      try await ModelConversion.convert(.file(golden.checkpoint.path), to: golden.checkpoint.path)
    }
  }

  /// Damaged files are errors, whatever is wrong with them.
  @Test func mutatedFilesDoNotTrap() throws {
    for name in ["llama-gguf-f32", "gpt-neox-gguf-q8_0", "mixtral-gguf-q8_0", "phi3-longrope-gguf-q8_0"] {
      let golden = try Golden(name)
      let bytes = try MappedFile(path: golden.checkpoint.path).copied
      var state: UInt64 = 42
      for _ in 0..<60 {
        var mutated = bytes
        for _ in 0..<3 {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          // Numbers of metadata and shapes are in the first kilobytes.
          mutated[Int(state >> 33) % min(2000, bytes.count)] = UInt8(truncatingIfNeeded: state >> 20)
        }
        mutated.withUnsafeBytes(fuzzConversion)
      }
    }
  }
}
