import AttendTensor

/// Self-attention whose query heads share fewer key/value heads. Ainslie et al. 2023, arXiv:2305.13245.
public struct GroupedQueryAttention: Sendable {
  let projection: Linear
  let output: Linear
  let heads: Int
  let keyValueHeads: Int
  let headWidth: Int
  let norm: QueryKeyNorm.Norms?
  let rotary: Rotary?
  let options: AttentionOptions
  let dropout: Float

  /// - Parameters:
  ///   - scope: holds `q_proj`, `k_proj`, `v_proj` and `o_proj`, and `q_norm` and `k_norm` where these are normed.
  ///   - isFused: it holds `qkv_proj` instead of the first three, whose rows lie one after the other.
  ///   - options: nil scales scores by 1/√(head width).
  public init(
    _ scope: WeightScope, width: Int, heads: Int, keyValueHeads: Int, headWidth: Int,
    bias: Bool = false, outputBias: Bool? = nil, isFused: Bool = false, queryKeyNorm: QueryKeyNorm? = nil,
    rotary: Rotary?, options: AttentionOptions? = nil, dropout: Float = 0,
    initializer: Initializer = .xavierUniform, outputInitializer: Initializer? = nil
  ) {
    projection =
      isFused
      ? Linear(
        scope["qkv_proj"], from: width, to: (heads + 2 * keyValueHeads) * headWidth, bias: bias,
        initializer: initializer)
      : Linear(
        [
          (scope["q_proj"], heads * headWidth), (scope["k_proj"], keyValueHeads * headWidth),
          (scope["v_proj"], keyValueHeads * headWidth),
        ], from: width, bias: bias, initializer: initializer)
    output = Linear(
      scope["o_proj"], from: heads * headWidth, to: width, bias: outputBias ?? bias,
      initializer: outputInitializer ?? initializer)
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headWidth = headWidth
    norm = queryKeyNorm.map { $0.norms(scope, heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth) }
    self.rotary = rotary
    self.options = options ?? AttentionOptions(scale: 1 / Float(headWidth).squareRoot())
    self.dropout = dropout
  }

  /// - Parameters:
  ///   - x: `[tokens, width]`.
  ///   - residual: `[tokens, width]`, added to the result.
  public func callAsFunction(
    _ x: Tensor, addingTo residual: Tensor? = nil, layer: Int, _ pass: inout ForwardPass
  ) -> Tensor {
    let projected = projection(x, phase: pass.phase)
    let tokens = x.shape[0]
    let (query, key) = turned(projected, &pass)
    let value = projected.sliced(axis: 1, (heads + keyValueHeads) * headWidth..<projected.shape[1])
      .reshaped([tokens, keyValueHeads, headWidth])
    let mixed = attention(
      query, key, value, layer: layer, options: options, dropout: pass.attentionDropout(dropout), &pass)
    return output(
      mixed.reshaped([tokens, heads * headWidth]), addingTo: residual, phase: pass.phase)
  }

  /// Queries and keys, normed and turned.
  private func turned(_ projected: Tensor, _ pass: inout ForwardPass) -> (query: Tensor, key: Tensor) {
    let tokens = projected.shape[0]
    if let norm {
      let query = norm.query(projected.sliced(axis: 1, 0..<heads * headWidth), heads: heads)
      let key = norm.key(
        projected.sliced(axis: 1, heads * headWidth..<(heads + keyValueHeads) * headWidth), heads: keyValueHeads)
      guard let tables = rotary.map({ pass.tables($0) }) else { return (query, key) }
      return (Rotary.rotate(query, tables), Rotary.rotate(key, tables))
    }
    // Queries and keys turn together: they are neighbours in the projection.
    let both = projected.sliced(axis: 1, 0..<(heads + keyValueHeads) * headWidth)
      .reshaped([tokens, heads + keyValueHeads, headWidth])
    let turned = rotary.map { Rotary.rotate(both, pass.tables($0)) } ?? both
    return (turned.sliced(axis: 1, 0..<heads), turned.sliced(axis: 1, heads..<heads + keyValueHeads))
  }
}

/// RMS norms of queries and keys before they turn. Henry et al. 2020, arXiv:2010.04245.
public struct QueryKeyNorm: Sendable {
  public enum Kind: Sendable {
    /// Each head by itself, all heads with the same weights.
    case heads
    /// All heads together.
    case whole
  }

  let kind: Kind
  let epsilon: Float
  let isShifted: Bool

  /// - Parameter isShifted: whether checkpoints keep w of a factor 1 + w.
  public init(_ kind: Kind, epsilon: Float, isShifted: Bool = false) {
    self.kind = kind
    self.epsilon = epsilon
    self.isShifted = isShifted
  }

  /// The norms of one layer.
  struct Norms: Sendable {
    let kind: Kind
    let queryNorm, keyNorm: RMSNorm
    let headWidth: Int

    /// - Parameter x: `[tokens, heads · headWidth]`.
    /// - Returns: `[tokens, heads, headWidth]`.
    func query(_ x: Tensor, heads: Int) -> Tensor { normed(x, heads, queryNorm) }
    func key(_ x: Tensor, heads: Int) -> Tensor { normed(x, heads, keyNorm) }

    private func normed(_ x: Tensor, _ heads: Int, _ norm: RMSNorm) -> Tensor {
      let shape: Shape = [x.shape[0], heads, headWidth]
      switch kind {
      case .heads: return norm(x.reshaped(shape))
      case .whole: return norm(x).reshaped(shape)
      }
    }
  }

  func norms(_ scope: WeightScope, heads: Int, keyValueHeads: Int, headWidth: Int) -> Norms {
    func norm(_ name: String, heads: Int) -> RMSNorm {
      let width = kind == .heads ? headWidth : heads * headWidth
      return isShifted
        ? RMSNorm(shifted: scope[name], width: width, epsilon: epsilon)
        : RMSNorm(scope[name], width: width, epsilon: epsilon)
    }
    return Norms(
      kind: kind, queryNorm: norm("q_norm", heads: heads), keyNorm: norm("k_norm", heads: keyValueHeads),
      headWidth: headWidth)
  }
}
