import AttendBase
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import AttendTraining
import Testing

/// A model of nanoGPT's shape (6 × 384 × 6 heads, block 256, batch 16; dropout 0, AdamW warming up to 10⁻³ with decay 0.1 of every
/// parameter, clipping at 1) against PyTorch's first 50 losses: `Fixtures/make-nanogpt.py`. Full size: minutes on two
/// cores, most of the suite's time.
@Suite struct NanoGPTTests {
  private static let (steps, batch, block) = (50, 16, 256)

  /// The output function of SplitMix64 (Steele et al. 2014).
  private func splitMix(_ counter: UInt64) -> UInt64 {
    var x = counter
    x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
    x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
    return x ^ (x >> 31)
  }

  private let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

  private func parameters(_ drawn: Parameters, layers: Int) -> Parameters {
    var result = drawn
    for name in drawn.names {
      guard let shape = drawn[name]?.shape else { continue }
      if name.hasSuffix("bias") {
        result[name] = .zeros(shape)
      } else if name.contains(".ln_") {
        result[name] = .ones(shape)
      } else {
        let start = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let deviation = name.hasSuffix("c_proj.weight") ? 0.02 / Double(2 * layers).squareRoot() : 0.02
        let bound = deviation * 3.squareRoot()
        let values = (0..<UInt64(shape.elementCount)).map { index in
          Float((Double(splitMix(start &+ (index + 1) &* golden) >> 40) * 0x1p-23 - 1) * bound)
        }
        result[name] = Tensor(values, shape: shape)
      }
    }
    return result
  }

  private func blocks(_ tokens: [Int32]) -> TokenLines {
    TokenLines(
      (0..<UInt64(Self.steps * Self.batch)).map { number in
        let place = Int(splitMix((number + 1) &* golden) % UInt64(tokens.count - Self.block - 1))
        return Array(tokens[place...place + Self.block])
      })
  }

  private static let losses = TestFixtures.path("nanogpt/losses.json")

  @Test(.enabled(if: (try? MappedFile(path: losses)) != nil, "run Fixtures/make-nanogpt.py first"))
  func theFirstLossesArePyTorchs() throws {
    let text = try MappedFile(path: TestFixtures.path("nanogpt/emma-200k.txt"))
    let reference = try MappedFile(path: Self.losses)
    let json = try JSON(parsing: reference.copied, source: reference.path)
    let expected = (json["losses"]?.arrayValue ?? []).compactMap(\.doubleValue)
    let norms = (json["gradient_norms"]?.arrayValue ?? []).compactMap(\.doubleValue)
    #expect(expected.count == Self.steps && norms.count == Self.steps)

    let tokenizer = try RunTokenizer(.characters, texts: [text.copied], hasRoles: false).tokenizer
    #expect(tokenizer.vocabularySize == json["vocabulary"]?.intValue)
    let tokens = try tokenizer.encode(bytes: text.copied)
    #expect(tokens.count == text.count)

    let fields: JSON = [
      "vocab_size": JSON(tokenizer.vocabularySize), "n_positions": JSON(Self.block), "n_embd": 384, "n_layer": 6,
      "n_head": 6, "resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0,
    ]
    let object = try #require(fields.objectValue)
    let config = try GPT2.configuration(ConfigurationFields(object, origin: "test"))
    let task = LanguageTask(TokenLines.self) { GPT2($0, config) }
    let drawn = WeightScope.fresh(seed: 1, task.build).parameters

    var options = TrainingOptions()
    options.length = .steps(Self.steps)
    options.batch = .examples(Self.batch)
    options.clipNorm = 1
    options.optimizer = AdamW(
      learningRate: .warmup(steps: 100, then: 0.001), betas: (0.9, 0.95), weightDecay: 0.1, decays: .all)
    let steps = Locked<[StepMetrics]>([])
    let trainer = try Trainer(
      task, data: blocks(tokens), order: .sequential, options: options, parameters: parameters(drawn, layers: 6)
    ) { event in
      if case .step(let metrics) = event { steps.withLock { $0.append(metrics) } }
    }
    _ = try trainer.run()
    let metrics = steps.withLock { $0 }
    #expect(metrics.count == Self.steps)
    for (index, step) in metrics.enumerated() {
      #expect(abs(step.loss - expected[index]) <= 1e-3, "step \(index): \(step.loss), PyTorch's \(expected[index])")
      #expect(abs(step.gradientNorm / norms[index] - 1) <= 0.02, "step \(index): norm \(step.gradientNorm)")
    }
    // The curve goes down, so that agreement means something.
    #expect(expected[0] > 4 && expected[Self.steps - 1] < 3.4)
  }
}
