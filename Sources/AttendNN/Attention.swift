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
