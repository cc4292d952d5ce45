import AttendTensor

/// The attention of recurrent decoders: each query is compared with every state of its sequence, a softmax makes weights
/// of the scores, and the context is the weighted mean of the states.
///
/// Bahdanau et al. 2015, arXiv:1409.0473 (additive); Luong et al. 2015, arXiv:1508.04025, section 3.1 (the others).
public struct AlignmentAttention: Sendable {
  /// How a query q and a state h are compared.
  public enum Score: Sendable, Hashable {
    /// vᵀ tanh(W q + U h), through `width` channels.
    case additive(width: Int)
    /// qᵀ h; both have one width.
    case dot
    /// qᵀ h / √width. Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.
    case scaledDot
    /// qᵀ W h.
    case general
    /// vᵀ tanh(W [q; h]), through `width` channels.
    case concatenated(width: Int)
  }

  private enum Parts: Sendable {
    case dot(scale: Float)
    case general(Linear)
    /// One projection for queries and one for states, then a weight for each channel.
    case additive(query: Matrix, state: Matrix, channel: Tensor)
  }

  private let parts: Parts
  /// Rate of dropout on the weights.
  private let dropout: Float

  /// - Parameter scope: of `additive` holds `query_proj.weight`, `key_proj.weight` and `score`, of `general` `weight`, of
  ///   `concatenated` `weight` (`[width, query + state]`) and `score`.
  public init(_ scope: WeightScope, score: Score, queryWidth: Int, stateWidth: Int, dropout: Float = 0) {
    switch score {
    case .additive(let width):
      parts = .additive(
        query: scope["query_proj"].matrix(outputs: width, inputs: queryWidth),
        state: scope["key_proj"].matrix(outputs: width, inputs: stateWidth),
        channel: scope.tensor("score", shape: [width], initializer: Self.channels(width)))
    case .concatenated(let width):
      // W [q; h] = W₁ q + W₂ h: the states' half is computed once for all queries.
      let whole = scope.matrix(outputs: width, inputs: queryWidth + stateWidth).unpacked()
      parts = .additive(
        query: Matrix(whole.sliced(axis: 1, 0..<queryWidth), precision: scope.precision),
        state: Matrix(whole.sliced(axis: 1, queryWidth..<queryWidth + stateWidth), precision: scope.precision),
        channel: scope.tensor("score", shape: [width], initializer: Self.channels(width)))
    case .general: parts = .general(Linear(scope, from: stateWidth, to: queryWidth, bias: false))
    case .dot: parts = .dot(scale: 1)
    case .scaledDot: parts = .dot(scale: 1 / Float(stateWidth).squareRoot())
    }
    self.dropout = dropout
  }

  private static func channels(_ width: Int) -> Initializer { .uniform(1 / Float(max(width, 1)).squareRoot()) }

  /// States with what every query needs of them.
  public struct Memory: Sendable {
    public let padded: PaddedMemory
    /// `[sequences, longest, channels]`.
    let keys: Tensor
  }

  /// Prepares states once for all queries.
  public func prepare(_ memory: PaddedMemory) -> Memory {
    switch parts {
    case .dot: Memory(padded: memory, keys: memory.states)
    case .general(let weight): Memory(padded: memory, keys: weight(memory.states))
    case .additive(_, let state, _): Memory(padded: memory, keys: state.multiply(memory.states))
    }
  }

  /// - Parameters:
  ///   - query: `[sequences, queries, queryWidth]`.
  ///   - memory: as many sequences.
  /// - Returns: contexts `[sequences, queries, stateWidth]`, and weights `[sequences, queries, longest]`, which are 0 behind
  ///   a sequence's end and add up to 1 (before dropout).
  public func callAsFunction(
    _ query: Tensor, _ memory: Memory, _ pass: inout ForwardPass
  ) -> (context: Tensor, weights: Tensor) {
    let weights = (scores(query, memory.keys) + memory.padded.mask).softmax()
    return (pass.dropout(weights, dropout).matmul(memory.padded.states), weights)
  }

  private func scores(_ query: Tensor, _ keys: Tensor) -> Tensor {
    switch parts {
    case .dot(let scale):
      let scores = query.matmul(keys.transposed(1, 2))
      return scale == 1 ? scores : scores * scale
    case .general: return query.matmul(keys.transposed(1, 2))
    case .additive(let projection, _, let channel):
      let width = channel.shape[0]
      let sums = (projection.multiply(query).unsqueezed(2) + keys.unsqueezed(1)).tanh()
      return sums.reshaped([sums.count / width, width]).matmul(channel.reshaped([width, 1]))
        .reshaped([query.shape[0], query.shape[1], keys.shape[1]])
    }
  }
}
