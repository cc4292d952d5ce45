import AttendNN
import AttendTensor

/// The sequence models under comparison.
package enum Architecture: String, Sendable, CaseIterable {
  case tanhRNN = "tanh RNN"
  /// A ReLU network that begins by copying its state. Le et al. 2015, arXiv:1504.00941.
  case identityRNN = "identity-ReLU RNN"
  case lstm1 = "LSTM, forget bias 1"
  case lstm3 = "LSTM, forget bias 3"
  case gru = "GRU"
  case transformer1 = "Transformer, 1 layer"
  case transformer2 = "Transformer, 2 layers"

  package var cell: RecurrentCell? {
    switch self {
    case .tanhRNN: .tanh
    case .identityRNN: .relu
    case .lstm1, .lstm3: .lstm
    case .gru: .gru(.afterProduct)
    case .transformer1, .transformer2: nil
    }
  }

  package var layers: Int { self == .transformer2 ? 2 : 1 }

  package var forgetBias: Float? {
    switch self {
    case .lstm1: 1
    case .lstm3: 3
    default: nil
    }
  }
}

/// A causal model over one sequence at a time: an input layer, recurrent or attention layers, an output layer.
package struct SequenceReader: Sendable {
  /// What a model is made of.
  package struct Shape: Sendable {
    package var architecture: Architecture
    /// Features of a real-valued input, or tokens of a vocabulary.
    package var input: Input
    /// Of a recurrent state, or of attention's hidden states.
    package var width: Int
    /// Width inside the feed-forward layers of attention models.
    package var intermediate = 0
    package var heads = 2
    /// Width of the embedding, of models that read tokens.
    package var embedded = 0
    package var outputs: Int

    package init(
      architecture: Architecture, input: Input, width: Int, intermediate: Int = 0, heads: Int = 2, embedded: Int = 0,
      outputs: Int
    ) {
      self.architecture = architecture
      self.input = input
      self.width = width
      self.intermediate = intermediate
      self.heads = heads
      self.embedded = embedded
      self.outputs = outputs
    }
  }

  package enum Input: Sendable {
    case features(Int)
    case tokens(Int)
  }

  private enum Body: Sendable {
    case recurrent(RecurrentNetwork)
    case attention([Block], LayerNorm)
  }

  private let embedding: Matrix?
  /// Lifts features to the width of attention's hidden states; recurrent layers have their own input product.
  private let lift: Linear?
  private let body: Body
  private let output: Linear

  package init(_ scope: WeightScope, _ shape: Shape) {
    let width: Int
    switch shape.input {
    case .tokens(let count):
      embedding = scope["embedding"].matrix(
        outputs: count, inputs: shape.embedded, initializer: .normal(1 / Float(shape.embedded).squareRoot()))
      width = shape.embedded
      lift = nil
    case .features(let count):
      embedding = nil
      lift = shape.architecture.cell == nil ? Linear(scope["lift"], from: count, to: shape.width) : nil
      width = count
    }
    if let cell = shape.architecture.cell {
      body = .recurrent(
        RecurrentNetwork(
          scope["body"], cell: cell, inputs: width, hidden: shape.width,
          options: RecurrentNetwork.Options(forgetBias: shape.architecture.forgetBias)))
    } else {
      body = .attention(
        (0..<shape.architecture.layers).map { Block(scope["body"][$0], shape) },
        LayerNorm(scope["norm"], width: shape.width, epsilon: 1e-5))
    }
    output = Linear(scope["output"], from: shape.width, to: shape.outputs)
  }

  /// - Parameter x: `[rows, features]`.
  /// - Returns: hidden states `[rows, width]`.
  package func states(_ x: Tensor, _ pass: inout ForwardPass) -> Tensor {
    switch body {
    case .recurrent(let network): return network(x, &pass).output
    case .attention(let blocks, let norm):
      var hidden = lift?(x) ?? x
      for (index, block) in blocks.enumerated() { hidden = block(hidden, index, &pass) }
      return norm(hidden)
    }
  }

  /// - Parameters:
  ///   - x: `[rows, features]`.
  ///   - rows: where outputs are wanted.
  /// - Returns: `[wanted rows, outputs]`.
  package func callAsFunction(_ x: Tensor, rows: [Int], _ pass: inout ForwardPass) -> Tensor {
    output(states(x, &pass).gather(rows: Tensor(rows.map(Int32.init))))
  }

  /// - Parameter tokens: ids below the vocabulary's size, the sequences end to end.
  package func callAsFunction(tokens: [Int32], rows: [Int], _ pass: inout ForwardPass) -> Tensor {
    guard let embedding else { shapeMismatch("tokens for a model that reads features") }
    return self(embedding.rows(Tensor(tokens)), rows: rows, &pass)
  }

  /// x + attention(norm(x)), then x + feedForward(norm(x)), with rotary positions.
  private struct Block: Sendable {
    let attentionNorm, feedForwardNorm: LayerNorm
    let attention: GroupedQueryAttention
    let feedForward: FeedForward

    init(_ scope: WeightScope, _ shape: Shape) {
      let headWidth = shape.width / shape.heads
      attentionNorm = LayerNorm(scope["attention_norm"], width: shape.width, epsilon: 1e-5)
      feedForwardNorm = LayerNorm(scope["feed_forward_norm"], width: shape.width, epsilon: 1e-5)
      attention = GroupedQueryAttention(
        scope["attention"], width: shape.width, heads: shape.heads, keyValueHeads: shape.heads, headWidth: headWidth,
        rotary: Rotary(width: headWidth, base: 10_000))
      feedForward = FeedForward(
        first: Linear(scope["up"], from: shape.width, to: shape.intermediate),
        second: Linear(scope["down"], from: shape.intermediate, to: shape.width), activation: .gelu)
    }

    func callAsFunction(_ x: Tensor, _ layer: Int, _ pass: inout ForwardPass) -> Tensor {
      let x = attention(attentionNorm(x), addingTo: x, layer: layer, &pass)
      return feedForward(feedForwardNorm(x), addingTo: x)
    }
  }
}

extension SequenceReader {
  /// A learner with fresh parameters.
  package static func learner(_ shape: Shape, seed: UInt64) -> Learner<SequenceReader> {
    var learner = Learner(seed: seed) { SequenceReader($0, shape) }
    if shape.architecture == .identityRNN { copyState(&learner.parameters, shape.width) }
    return learner
  }

  /// Le et al. 2015, section 2: the recurrent matrix is the identity, biases are zero, input weights small.
  private static func copyState(_ parameters: inout Parameters, _ width: Int) {
    var identity = [Float](repeating: 0, count: width * width)
    for index in 0..<width { identity[index * (width + 1)] = 1 }
    parameters["body.weight_hh_l0"] = Tensor(identity, shape: [width, width])
    for bias in ["body.bias_ih_l0", "body.bias_hh_l0"] { parameters[bias] = .zeros([width]) }
    if let input = parameters["body.weight_ih_l0"] { parameters["body.weight_ih_l0"] = input * 0.1 }
  }

  /// The width at which a model has as many parameters as `count`, as nearly as widths allow.
  package static func shape(_ shape: Shape, parameters count: Int) -> Shape {
    // Attention models grow in their feed-forward layers: the width stays a whole number of heads.
    func candidate(_ size: Int) -> Shape {
      var candidate = shape
      if shape.architecture.cell == nil { candidate.intermediate = size } else { candidate.width = size }
      return candidate
    }
    func distance(_ size: Int) -> Int { abs(candidate(size).parameterCount - count) }
    return candidate((1...1024).min { distance($0) < distance($1) } ?? 1)
  }
}

extension SequenceReader.Shape {
  /// The numbers that a model of this shape learns.
  package var parameterCount: Int {
    var inputs: Int
    var total: Int
    switch input {
    case .features(let count): (inputs, total) = (count, architecture.cell == nil ? (count + 1) * width : 0)
    case .tokens(let count): (inputs, total) = (embedded, count * embedded)
    }
    if let cell = architecture.cell {
      total += cell.gates * width * (inputs + width + 2)
    } else {
      let block = 4 * width * width + 2 * width * intermediate + intermediate + width + 4 * width
      total += architecture.layers * block + 2 * width
    }
    return total + outputs * (width + 1)
  }
}
