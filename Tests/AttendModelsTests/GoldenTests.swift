import AttendBase
import AttendFormats
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Tiny random checkpoints against the reference implementation: hidden states, logits, greedy tokens.
@Suite struct GoldenTests {
  static let folders = [
    "gpt2", "gpt2-hub", "gpt2-padded", "gpt2-gguf-f32", "gpt2-gguf-f16", "gpt2-gguf-q8_0", "gpt2-gguf-q4_0",
    "gpt2-gguf-q4_1", "llama2", "llama3", "llama3-parameters", "llama3-gguf-mixed", "llama-tied", "llama-biased",
    "llama-oddheads", "llama-wideheads", "llama-sharded", "llama-bf16", "llama-f16", "llama-padded", "llama-gguf-f32",
    "llama-gguf-f16", "llama-gguf-q8_0", "llama-gguf-q4_0", "llama-gguf-q4_1", "gemma3", "gemma3-capped",
    "gemma3-gguf-f32", "gemma3-gguf-mixed", "mistral", "qwen2", "qwen2-window", "qwen2-gguf-q8_0", "qwen3",
    "qwen3-gguf-q8_0", "phi3", "phi3-partial", "phi3-gguf-q8_0", "olmo2", "olmo2-gguf-q8_0", "gemma", "gemma-gguf-q8_0",
    "gemma2", "gemma2-gguf-q8_0", "gpt-neox", "gpt-neox-serial", "gpt-neox-gguf-q8_0", "mixtral", "mixtral-gguf-q8_0",
    "qwen2-moe", "qwen2-moe-gguf-q8_0", "qwen3-moe", "qwen3-moe-gguf-q8_0", "phi3-longrope",
    "phi3-longrope-gguf-q8_0", "llama-dynamic",
  ]

  @Test(arguments: folders) func hiddenStatesAndLogits(_ folder: String) throws {
    let golden = try Golden(folder)
    let model = try ModelRegistry.load(golden.checkpoint, precision: .exact)
    let sequences = try golden.sequences()
    var pass = ForwardPass(lengths: sequences.map(\.count), keepsHiddenStates: true)
    let tokens = sequences.flatMap { $0 }
    let logits = model(Tensor(tokens, shape: [tokens.count]), &pass)
    #expect(largestDifference(logits, try golden.packed("logits")) <= 1e-4)
    guard golden.contains("hidden_states.0") else { return }
    let states = try #require(pass.hiddenStates)
    #expect(golden.contains("hidden_states.\(states.count - 1)"))
    #expect(!golden.contains("hidden_states.\(states.count)"))
    for (index, state) in states.enumerated() {
      #expect(largestDifference(state, try golden.packed("hidden_states.\(index)")) <= 1e-4, "hidden state \(index)")
    }
  }

  @Test(arguments: folders) func greedyTokens(_ folder: String) throws {
    let golden = try Golden(folder)
    let model = try ModelRegistry.load(golden.checkpoint, precision: .exact)
    let prompt = try golden.floats("prompt_ids").map { Int32($0) }
    let expected = try golden.floats("greedy_ids").map { Int32($0) }
    #expect(try greedy(model, prompt, count: expected.count) == expected)
    #expect(greedyWithoutCache(model, prompt, count: expected.count) == expected)
  }

  /// A padded batch is its rows laid end to end: each must be what it is alone, bit for bit.
  @Test(arguments: ["gpt2-padded", "llama-padded"], Precision.allCases)
  func rowsAlone(_ folder: String, _ precision: Precision) throws {
    let golden = try Golden(folder)
    let model = try ModelRegistry.load(golden.checkpoint, precision: precision)
    let sequences = try golden.sequences()
    let tokens = sequences.flatMap { $0 }
    var batch = ForwardPass(lengths: sequences.map(\.count))
    let together = model(Tensor(tokens, shape: [tokens.count]), &batch)
    for (rows, sequence) in zip(batch.sequences, sequences) {
      var pass = ForwardPass(lengths: [sequence.count])
      let alone = model(Tensor(sequence, shape: [sequence.count]), &pass)
      #expect(together.sliced(axis: 0, rows).scalars(Float.self) == alone.scalars(Float.self))
    }
  }

  /// Which experts a neighbour's tokens go to changes nothing.
  @Test(arguments: ["mixtral", "qwen2-moe-gguf-q8_0", "qwen3-moe"], Precision.allCases)
  func tokensOfMixturesAlone(_ folder: String, _ precision: Precision) throws {
    let golden = try Golden(folder)
    let model = try ModelRegistry.load(golden.checkpoint, precision: precision)
    let tokens = try golden.sequences()[0]
    let lengths = [1, 4, tokens.count - 5]
    var batch = ForwardPass(lengths: lengths)
    let together = model(Tensor(tokens, shape: [tokens.count]), &batch)
    for rows in batch.sequences {
      var pass = ForwardPass(lengths: [rows.count])
      let alone = model(Tensor(Array(tokens[rows]), shape: [rows.count]), &pass)
      #expect(together.sliced(axis: 0, rows).scalars(Float.self) == alone.scalars(Float.self))
    }
  }

  /// 8-bit products move logits by a few percent of their spread (at most 4.6 here, where widths are 32 to 64 and weights
  /// random), and are not those of `.fast`.
  @Test(arguments: ["llama2", "llama-f16", "llama-gguf-f32", "llama-gguf-q8_0", "llama-gguf-q4_1", "gpt2-gguf-q4_0"])
  func int8IsClose(_ folder: String) throws {
    let golden = try Golden(folder)
    func logits(_ precision: Precision) throws -> Tensor {
      let model = try ModelRegistry.load(golden.checkpoint, precision: precision)
      let sequences = try golden.sequences()
      var pass = ForwardPass(lengths: sequences.map(\.count))
      let tokens = sequences.flatMap { $0 }
      return model(Tensor(tokens, shape: [tokens.count]), &pass)
    }
    let (exact, int8, fast) = (try logits(.exact), try logits(.int8), try logits(.fast))
    let numbers = exact.scalars(Float.self)
    let spread = (numbers.reduce(0) { $0 + $1 * $1 } / Float(numbers.count)).squareRoot()
    let difference = zip(numbers, int8.scalars(Float.self)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let noise = (difference / Float(numbers.count)).squareRoot()
    #expect(noise > 0 && noise <= 0.06 * spread, "\(noise) of \(spread)")
    #expect(int8.scalars(Float.self) != fast.scalars(Float.self))
  }

  private func greedy(_ model: any CausalLanguageModel, _ prompt: [Int32], count: Int) throws -> [Int32] {
    var caches = [KeyValueCache(model.cacheShape, precision: .exact)]
    var input = prompt
    var result: [Int32] = []
    while result.count < count {
      var pass = try ForwardPass(
        continuing: caches, lengths: [input.count], phase: result.isEmpty ? .prompt : .decode)
      pass.outputRows = [input.count - 1]
      let logits = model(Tensor(input, shape: [input.count]), &pass).scalars(Float.self)
      pass.finish()
      caches = pass.caches
      input = [largest(logits)]
      result += input
    }
    return result
  }

  private func greedyWithoutCache(_ model: any CausalLanguageModel, _ prompt: [Int32], count: Int) -> [Int32] {
    var tokens = prompt
    while tokens.count < prompt.count + count {
      var pass = ForwardPass(lengths: [tokens.count])
      let logits = model(Tensor(tokens, shape: [tokens.count]), &pass)
      tokens.append(largest(logits.sliced(axis: 0, tokens.count - 1..<tokens.count).scalars(Float.self)))
    }
    return Array(tokens.dropFirst(prompt.count))
  }

  private func largest(_ logits: [Float]) -> Int32 {
    Int32(logits.indices.max { logits[$0] < logits[$1] } ?? -1)
  }
}
