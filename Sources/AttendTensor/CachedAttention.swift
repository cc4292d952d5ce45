import CAttend

extension Tensor {
  /// Attention that first appends the new keys and values of each sequence to its cache, then lets the queries see the
  /// whole of it. The caches' lengths are not advanced: the pass does that once, after its last layer.
  /// - Parameter sequences: rows of each sequence; sequence `i` belongs to `caches[i]`, which has room for its rows.
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, layer: Int, sequences: [Range<Int>],
    caches: inout [KeyValueCache],
    options: AttentionOptions, phase: Phase
  ) -> Tensor {
    checkHeads(query, key, value)
    for (index, rows) in sequences.enumerated() {
      caches[index].write(layer: layer, keys: key, values: value, rows: rows)
    }
    return attend(
      query, to: caches, layer: layer, sequences: sequences,
      keyCounts: zip(caches, sequences).map { $0.length + $1.count },
      options: options, phase: phase)
  }

  /// Attention of each sequence's queries to the first `keyCounts[i]` positions of its cache; the first query stands behind
  /// those that are complete.
  static func attend(
    _ query: Tensor, to caches: [KeyValueCache], layer: Int, sequences: [Range<Int>], keyCounts: [Int],
    options: AttentionOptions, phase: Phase
  ) -> Tensor {
    let (heads, keyWidth) = (query.shape[1], query.shape[2])
    guard let cache = caches.first else { return .zeros([0, heads, keyWidth]) }
    let (shape, blocks) = (cache.shape, caches.map { $0.blocks(layer: layer) })
    let bias = options.bias?.contiguous()
    let biasStrides = bias.map { Tensor.attentionBiasStrides($0, heads: heads) } ?? (0, 0, 0)
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
            query_begin: rows.lowerBound, query_count: rows.count, key_count: keyCounts[index],
            query_position: caches[index].length, blocks: start, block_stride: caches[index].pageCount)
        }
        withOptionalFloats(bias) { bias in
          layouts.withUnsafeBufferPointer { layouts in
            var call = at_attention(
              heads: heads, kv_heads: shape.heads, key_width: keyWidth, value_width: shape.valueWidth,
              element: cache.layout.element, scale: options.scale, soft_cap: options.softCap ?? 0,
              causal: options.isCausal, window: options.window ?? 0, bias: bias, bias_head: biasStrides.0,
              bias_query: biasStrides.1, bias_key: biasStrides.2, queries: queries, query_stride: heads * keyWidth,
              out: out.assumingMemoryBound(to: Float.self), out_stride: heads * shape.valueWidth,
              sequences: layouts.baseAddress, sequence_count: layouts.count, decode: phase == .decode)
            at_attend(at_kernels_best(), &call)
          }
        }
      }
    }
  }

  /// Strides of a `[heads, queries, keys]` bias, 0 where a dimension is 1.
  static func attentionBiasStrides(_ bias: Tensor, heads: Int) -> (Int, Int, Int) {
    guard bias.rank == 3, bias.shape[0] == heads || bias.shape[0] == 1 else {
      shapeMismatch("attention bias", bias.shape)
    }
    let (queries, keys) = (bias.shape[1], bias.shape[2])
    return (bias.shape[0] == 1 ? 0 : queries * keys, queries == 1 ? 0 : keys, keys == 1 ? 0 : 1)
  }
}

func withOptionalFloats<R>(_ tensor: Tensor?, _ body: (UnsafePointer<Float>?) throws -> R) rethrows
  -> R
{
  guard let tensor else { return try body(nil) }
  return try tensor.withFloats { try body($0) }
}
