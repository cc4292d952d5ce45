import CAttend

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
    let blocks = caches.map { $0.blocks(layer: layer) }
    return query.withFloats { queries in
      Tensor.uninitialized([query.shape[0], heads, shape.valueWidth]) { out in
        let flat = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(
          capacity: Swift.max(blocks.reduce(0) { $0 + $1.count }, 1))
        defer { flat.deallocate() }
        var used = 0
        let layouts = sequences.enumerated().map { index, rows in
          let start = flat + used
          start.initialize(from: blocks[index], count: blocks[index].count)
          used += blocks[index].count
          return at_attention_sequence(
            query_begin: rows.lowerBound, query_count: rows.count, key_count: caches[index].length,
            query_position: 0, blocks: start, block_stride: caches[index].pageCount)
        }
        layouts.withUnsafeBufferPointer { layouts in
          var call = at_attention(
            heads: heads, kv_heads: shape.heads, key_width: shape.keyWidth, value_width: shape.valueWidth,
            element: caches[0].layout.element, scale: scale, soft_cap: 0, causal: false, window: 0, bias: nil,
            bias_head: 0, bias_query: 0, bias_key: 0, queries: queries, query_stride: heads * shape.keyWidth,
            out: out.assumingMemoryBound(to: Float.self), out_stride: heads * shape.valueWidth,
            sequences: layouts.baseAddress, sequence_count: layouts.count, decode: phase == .decode)
          at_attend(at_kernels_best(), &call)
        }
      }
    }
  }
}
