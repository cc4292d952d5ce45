import AttendTensor

/// The one attention that every model calls: queries of each sequence see the keys of their own sequence, those of the
/// cache included, and the new keys and values are remembered when the pass has a cache.
/// - Parameters:
///   - query: `[tokens, heads, keyWidth]`; `key`: `[tokens, keyValueHeads, keyWidth]`; `value`: `[tokens, keyValueHeads, valueWidth]`.
///   - layer: which layer's keys and values these are.
///   - dropout: of the weights, from ``ForwardPass/attentionDropout(_:)``; a pass with a cache has none.
/// - Returns: `[tokens, heads, valueWidth]`.
public func attention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, layer: Int, options: AttentionOptions,
  dropout: AttentionDropout? = nil, _ pass: inout ForwardPass
) -> Tensor {
  let output =
    pass.caches.isEmpty
    ? Tensor.attention(
      query: query, key: key, value: value, sequences: pass.sequences, options: options, dropout: dropout)
    : Tensor.attention(
      query: query, key: key, value: value, layer: layer, sequences: pass.sequences, caches: &pass.caches,
      options: options, phase: pass.phase)
  if pass.observer != nil { observeSelfAttention(query, key, value, layer: layer, options: options, &pass) }
  return output
}

/// Attention to another sequence: queries of sequence `i` see the rows `memory[i]` of the keys and values, which nothing
/// is appended to. A decoder computes those of its encoder's output once for each request.
/// - Parameters:
///   - query: `[tokens, heads, keyWidth]`; `key`: `[memoryTokens, keyValueHeads, keyWidth]`;
///     `value`: `[memoryTokens, keyValueHeads, valueWidth]`.
///   - memory: one range for each sequence of the pass.
///   - options: `isCausal` does not count: every query sees its whole memory.
/// - Returns: `[tokens, heads, valueWidth]`.
public func crossAttention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, layer: Int, memory: [Range<Int>], options: AttentionOptions,
  dropout: AttentionDropout? = nil, _ pass: inout ForwardPass
) -> Tensor {
  var options = options
  options.isCausal = false
  let output = Tensor.attention(
    query: query, key: key, value: value, sequences: pass.sequences, keySequences: memory, options: options,
    dropout: dropout)
  if pass.observer != nil {
    for (sequence, (rows, keyRows)) in zip(pass.sequences, memory).enumerated() {
      pass.observer?.observe(
        .cross, layer: layer, sequence: sequence, query: query, key: key, value: value, rows: rows, keyRows: keyRows,
        options: options)
    }
  }
  return output
}

/// Shows the observer every sequence, the keys of its cache included.
private func observeSelfAttention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, layer: Int, options: AttentionOptions, _ pass: inout ForwardPass
) {
  let kind: AttentionObserver.Kind = options.isCausal ? .decoderSelf : .encoderSelf
  guard pass.observer?.wantedHeads(kind, layer: layer, of: query.shape[1]).isEmpty == false else { return }
  for (sequence, rows) in pass.sequences.enumerated() {
    let cached = pass.caches.isEmpty ? 0 : pass.caches[sequence].length
    let keys = pass.caches.isEmpty ? key : pass.caches[sequence].keys(layer: layer, count: cached + rows.count)
    pass.observer?.observe(
      kind, layer: layer, sequence: sequence, query: query, key: keys, value: pass.caches.isEmpty ? value : nil,
      rows: rows,
      keyRows: pass.caches.isEmpty ? rows : 0..<cached + rows.count, firstPosition: cached, options: options)
  }
}

/// Self-attention whose query heads share fewer key/value heads. Ainslie et al. 2023, arXiv:2305.13245.
public struct GroupedQueryAttention: Sendable {
  let projection: Linear
  let output: Linear
  let heads: Int
  let keyValueHeads: Int
  let headWidth: Int
  let rotary: Rotary?
  let options: AttentionOptions
  let dropout: Float

  /// - Parameter scope: holds `q_proj`, `k_proj`, `v_proj` and `o_proj`.
  public init(
    _ scope: WeightScope, width: Int, heads: Int, keyValueHeads: Int, headWidth: Int,
    bias: Bool = false,
    outputBias: Bool? = nil, rotary: Rotary?, dropout: Float = 0, initializer: Initializer = .xavierUniform,
    outputInitializer: Initializer? = nil
  ) {
    projection = Linear(
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
    self.rotary = rotary
    options = AttentionOptions(scale: 1 / Float(headWidth).squareRoot())
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
    // Queries and keys turn together: they are neighbours in the projection.
    let turning = projected.sliced(axis: 1, 0..<(heads + keyValueHeads) * headWidth)
      .reshaped([tokens, heads + keyValueHeads, headWidth])
    let turned = rotary.map { Rotary.rotate(turning, pass.tables($0)) } ?? turning
    let query = turned.sliced(axis: 1, 0..<heads)
    let key = turned.sliced(axis: 1, heads..<heads + keyValueHeads)
    let value = projected.sliced(axis: 1, (heads + keyValueHeads) * headWidth..<projected.shape[1])
      .reshaped([tokens, keyValueHeads, headWidth])
    let mixed = attention(
      query, key, value, layer: layer, options: options, dropout: pass.attentionDropout(dropout), &pass)
    return output(
      mixed.reshaped([tokens, heads * headWidth]), addingTo: residual, phase: pass.phase)
  }
}
