import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Attention layers and blocks against PyTorch's, whose padded batches are laid end to end here.
@Suite struct BlockTests {
  static let lengths = [3, 5, 1]
  static let memory = [0..<4, 4..<6, 6..<12]

  private static func options(_ order: BlockOptions.NormOrder, _ kind: BlockOptions.FeedForwardKind) -> BlockOptions {
    BlockOptions(width: 12, heads: 3, intermediate: 20, feedForward: kind, order: order, names: .torchEncoder)
  }

  /// A bias for each place of a sequence, at the rows of the sequences laid end to end.
  private static func bias(_ square: Tensor) -> Tensor {
    .concatenated(lengths.map { square.sliced(axis: 1, 0..<$0) }, axis: 1)
  }

  @Test(arguments: ["self", "causal", "window", "bias"]) func selfAttention(_ name: String) throws {
    let fixture = try LayerFixture("attention", name)
    try fixture.check(inputs: ["x"]) { scope, inputs in
      let layer = MultiHeadAttention(
        scope, width: 12, heads: 3, isCausal: name == "causal" || name == "window", window: name == "window" ? 2 : nil)
      var pass = ForwardPass(lengths: Self.lengths)
      return layer(inputs[0], bias: name == "bias" ? Self.bias(fixture["bias"]) : nil, layer: 0, &pass)
    }
  }

  @Test func crossAttention() throws {
    try LayerFixture("attention", "cross").check(inputs: ["x", "memory"]) { scope, inputs in
      let layer = MultiHeadAttention(scope, width: 12, heads: 3, memoryWidth: 12)
      var pass = ForwardPass(lengths: Self.lengths)
      return layer(inputs[0], attendingTo: layer.prepare(inputs[1], sequences: Self.memory), layer: 0, &pass)
    }
  }

  @Test(arguments: BlockOptions.NormOrder.allCases, [BlockOptions.FeedForwardKind.relu, .gelu])
  func encoderLayer(_ order: BlockOptions.NormOrder, _ kind: BlockOptions.FeedForwardKind) throws {
    let name = "encoder.\(order == .after ? "post" : "pre").\(kind == .relu ? "relu" : "gelu")"
    try LayerFixture("blocks", name).check(inputs: ["x"]) { scope, inputs in
      var pass = ForwardPass(lengths: Self.lengths)
      return EncoderLayer(scope, Self.options(order, kind))(inputs[0], layer: 0, &pass)
    }
  }

  @Test(arguments: BlockOptions.NormOrder.allCases) func decoderLayer(_ order: BlockOptions.NormOrder) throws {
    try LayerFixture("blocks", "decoder.\(order == .after ? "post" : "pre")").check(inputs: ["x", "memory"]) {
      scope, inputs in
      var options = Self.options(order, .relu)
      options.names = .torchDecoder
      let layer = DecoderLayer(scope, options)
      var pass = ForwardPass(lengths: Self.lengths)
      return layer(inputs[0], attendingTo: layer.prepare(inputs[1], sequences: Self.memory), layer: 0, &pass)
    }
  }

  // MARK: Derivatives in float64

  private static let kinds: [BlockOptions.FeedForwardKind] = [.relu, .gelu, .swiGLU, .geGLU]

  @Test(arguments: kinds.indices) func derivativesOfEncoderLayers(_ index: Int) {
    let order: BlockOptions.NormOrder = index % 2 == 0 ? .after : .before
    let problems = LayerCase("encoder", inputs: [[5, 4]]) { scope in
      var options = BlockOptions(
        width: 4, heads: 2, intermediate: 3, keyValueHeads: index == 2 ? 1 : nil, feedForward: Self.kinds[index],
        order: order, norm: index < 2 ? .layer : .rootMeanSquare, normEpsilon: 0.1, dropout: 0.2,
        attentionDropout: 0.2, activationDropout: 0.2)
      options.isCausal = index > 1
      return EncoderLayer(scope, options)
    } function: { layer, inputs in
      var pass = ForwardPass(lengths: [3, 2])
      pass.training = Training(seed: 1, step: 1)
      return layer(inputs[0], layer: 0, &pass)
    }.problems(seed: 2)
    #expect(problems == [])
  }

  @Test func derivativesOfADecoderLayer() {
    let problems = LayerCase("decoder", inputs: [[4, 4], [5, 3]]) { scope in
      DecoderLayer(
        scope, BlockOptions(width: 4, heads: 2, intermediate: 3, feedForward: .gelu, normEpsilon: 0.1, dropout: 0.1),
        memoryWidth: 3)
    } function: { layer, inputs in
      var pass = ForwardPass(lengths: [1, 3])
      pass.training = Training(seed: 1, step: 1)
      return layer(inputs[0], attendingTo: layer.prepare(inputs[1], sequences: [0..<4, 4..<5]), layer: 0, &pass)
    }.problems(seed: 2)
    #expect(problems == [])
  }

  @Test func derivativesOfRelativeBias() {
    let problems = LayerCase("relative bias", inputs: [[4, 6]]) { scope in
      (
        RelativeBias(
          scope["bias"], heads: 2, buckets: RelativeBuckets(count: 4, maximumDistance: 8, isBidirectional: false)),
        MultiHeadAttention(scope["attention"], width: 6, heads: 2, isCausal: true)
      )
    } function: { layers, inputs in
      var pass = ForwardPass(lengths: [3, 1])
      return layers.1(inputs[0], bias: layers.0(pass.positions, keys: 3), layer: 0, &pass)
    }.problems(seed: 5)
    #expect(problems == [])
  }

  @Test func derivativesOfInputsAndTiedOutputs() {
    let problems = LayerCase("tied", inputs: []) { scope in
      InputEmbedding(
        tokens: Embedding(scope["tokens"], count: 4, width: 6),
        positions: .learned(LearnedPositions(scope["positions"], count: 3, width: 6)), scale: 2, dropout: 0.2)
    } function: { input, _ in
      var pass = ForwardPass(lengths: [3])
      pass.training = Training(seed: 1, step: 1)
      return Linear(sharing: input.tokens)(input(Tensor([3, 0, 3] as [Int32]), &pass))
    }.problems(seed: 5)
    #expect(problems == [])
  }

  // MARK: Behaviour

  /// A cached pass, token by token, gives what the whole sequence gives.
  @Test func windowAndCausalityHoldWithACache() throws {
    var options = BlockOptions(width: 8, heads: 2, intermediate: 6, order: .before)
    options.isCausal = true
    options.window = 3
    let layer = WeightScope.fresh(seed: 3) { [options] in EncoderLayer($0, options) }.model
    let x = (0..<6).map { Tensor((0..<8).map { Float(($0 * 7) % 5) * 0.3 - 0.5 }, shape: [1, 8]) * Float($0 + 1) }
    var whole = ForwardPass(lengths: [6])
    let expected = layer(.concatenated(x, axis: 0), layer: 0, &whole)
    var cache = KeyValueCache(KeyValueShape(layers: 1, heads: 2, keyWidth: 4, valueWidth: 4), precision: .exact)
    for (step, row) in x.enumerated() {
      var pass = try ForwardPass(continuing: [cache], lengths: [1], phase: .decode)
      let output = layer(row, layer: 0, &pass)
      pass.finish()
      cache = pass.caches[0]
      #expect(largestDifference(output, expected.sliced(axis: 0, step..<step + 1)) <= 1e-5, "\(step)")
    }
  }

  /// Gradients by the parameters of checkpointed layers, and of the same layers without.
  private func checkpointed(withDecoder: Bool) throws -> (plain: Parameters, saved: Parameters) {
    let options = BlockOptions(
      width: 8, heads: 2, intermediate: 6, dropout: 0.2, attentionDropout: 0.3, activationDropout: 0.2)
    func gradients(_ isCheckpointed: Bool) throws -> Parameters {
      let learner = Learner(seed: 1) { scope in
        (
          encoder: (0..<2).map { EncoderLayer(scope["encoder"][$0], options) },
          decoder: withDecoder ? (0..<2).map { DecoderLayer(scope["decoder"][$0], options) } : [],
          x: scope.tensor("x", shape: [5, 8], initializer: .normal(1))
        )
      }
      return try learner.gradients { model in
        var pass = ForwardPass(lengths: [3, 2])
        pass.training = Training(seed: 8, step: 1)
        var (states, targets) = (model.x * 1, model.x.tanh())
        for layer in model.encoder {
          states =
            isCheckpointed
            ? pass.checkpoint(states) { layer($0, layer: 0, &$1) } : layer(states, layer: 0, &pass)
        }
        guard withDecoder else { return (states * model.x).squared().sum() }
        for layer in model.decoder {
          let body: @Sendable ([Tensor], inout ForwardPass) -> Tensor = { inputs, pass in
            let memory = layer.prepare(inputs[1], sequences: [0..<3, 3..<5])
            return layer(inputs[0], attendingTo: memory, layer: 0, &pass)
          }
          targets = isCheckpointed ? pass.checkpoint([targets, states], body) : body([targets, states], &pass)
        }
        return (targets * model.x).squared().sum()
      }.gradients
    }
    return (try gradients(false), try gradients(true))
  }

  @Test func checkpointedLayersGiveTheSameBits() throws {
    let (plain, saved) = try checkpointed(withDecoder: false)
    #expect(plain.names.count == 33)
    for name in plain.names { #expect(plain[name]?.scalars(Float.self) == saved[name]?.scalars(Float.self), "\(name)") }
  }

  /// Two blocks look at the encoder's states. The gradients of each are added up inside it first, so their sum has other
  /// brackets.
  @Test func checkpointedBlocksMayShareAnInput() throws {
    let (plain, saved) = try checkpointed(withDecoder: true)
    for name in plain.names {
      let (first, second) = (try #require(plain[name]), try #require(saved[name]))
      #expect(first.abs().max().item() > 0 || name.contains("k_proj.bias"), "\(name)")
      #expect(largestDifference(first, second) <= 1e-5 * (1 + first.abs().max().item()), "\(name)")
    }
  }
}
