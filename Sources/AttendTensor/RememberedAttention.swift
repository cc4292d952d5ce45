extension KeyValueCache {
  /// Writes keys and values of one layer behind the positions that are complete. After the last layer, `advance(by:)`
  /// counts them.
  /// - Parameters:
  ///   - keys: `[tokens, heads, keyWidth]`, float32; `values`: `[tokens, heads, valueWidth]`.
  ///   - rows: which of the tokens; `reserve` has made room for them.
  package mutating func remember(layer: Int, keys: Tensor, values: Tensor, rows: Range<Int>) {
    guard keys.rank == 3, values.rank == 3, keys.shape[1] == shape.heads, values.shape[1] == shape.heads,
      keys.shape[2] == shape.keyWidth, values.shape[2] == shape.valueWidth
    else { shapeMismatch("remember", keys.shape, values.shape) }
    write(layer: layer, keys: keys, values: values, rows: rows)
  }
}

extension Tensor {
  /// Attention over what caches remember, all of which every query sees; nothing is written. This is the attention of a
  /// decoder to its source, whose keys and values are computed once.
  /// - Parameters:
  ///   - query: `[tokens, heads, keyWidth]`, float32.
  ///   - sequences: rows of each sequence; those of sequence `i` see `caches[i]`.
  ///   - scale: factor of the scores.
  /// - Returns: `[tokens, heads, valueWidth]`.
  package static func attention(
    query: Tensor, remembering caches: [KeyValueCache], layer: Int, sequences: [Range<Int>], scale: Float, phase: Phase
  ) -> Tensor {
    guard let shape = caches.first?.shape else { shapeMismatch("attention without caches", query.shape) }
    let heads = query.shape[1]
    guard query.shape[2] == shape.keyWidth, heads % shape.heads == 0, caches.count == sequences.count else {
      shapeMismatch("attention", query.shape, [shape.heads, shape.keyWidth])
    }
    return attend(
      query, to: caches, layer: layer, sequences: sequences, includesNewKeys: false,
      options: AttentionOptions(scale: scale, isCausal: false), phase: phase)
  }
}
