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
    profiled(.cacheWrite, .init(key, value)) {
      for index in sequences.indices {
        caches[index].write(layer: layer, keys: key, values: value, rows: sequences[index])
      }
    }
    return attend(
      query, to: caches, layer: layer, sequences: sequences, includesNewKeys: true, options: options, phase: phase)
  }

  /// Attention of each sequence's queries to its cache; the first query stands behind the positions that are complete.
  /// - Parameter includesNewKeys: whether the keys that this pass has written for the queries count too.
  static func attend(
    _ query: Tensor, to caches: [KeyValueCache], layer: Int, sequences: [Range<Int>], includesNewKeys: Bool,
    options: AttentionOptions, phase: Phase
  ) -> Tensor {
    let (heads, keyWidth) = (query.shape[1], query.shape[2])
    guard let cache = caches.first else { return .zeros([0, heads, keyWidth]) }
    let shape = cache.shape
    let bias = options.bias?.contiguous()
    let biasStrides = bias.map { Tensor.attentionBiasStrides($0, heads: heads) } ?? (0, 0, 0)
    let work = { attentionWork(query, caches, sequences, includesNewKeys) }
    return profiled(.attention, work()) {
      query.withRows { queries, queryStride in
        Tensor.uninitialized([query.shape[0], heads, shape.valueWidth]) { out in
          withSequences(caches, layer: layer, sequences: sequences, includesNewKeys: includesNewKeys) { layouts in
            withOptionalFloats(bias) { bias in
              var call = at_attention(
                heads: heads, kv_heads: shape.heads, key_width: keyWidth, value_width: shape.valueWidth,
                element: cache.layout.element, scale: options.scale, soft_cap: options.softCap ?? 0,
                causal: options.isCausal, window: options.window ?? 0, bias: bias, bias_head: biasStrides.0,
                bias_query: biasStrides.1, bias_key: biasStrides.2, queries: queries, query_stride: queryStride,
                out: out.assumingMemoryBound(to: Float.self), out_stride: heads * shape.valueWidth,
                sequences: layouts.baseAddress, sequence_count: layouts.count, decode: phase == .decode)
              at_attend(at_kernels_best(), &call)
            }
          }
        }
      }
    }
  }

  /// Describes the sequences to the kernels, without arrays of their own: this runs in every layer of every step.
  private static func withSequences(
    _ caches: [KeyValueCache], layer: Int, sequences: [Range<Int>], includesNewKeys: Bool,
    _ body: (UnsafeBufferPointer<at_attention_sequence>) -> Void
  ) {
    let blockCount = caches.reduce(0) { $0 + $1.blockCount }
    withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: Swift.max(blockCount, 1)) { blocks in
      withUnsafeTemporaryAllocation(of: at_attention_sequence.self, capacity: Swift.max(sequences.count, 1)) {
        layouts in
        guard var next = blocks.baseAddress, let first = layouts.baseAddress else { return }
        for index in sequences.indices {
          let (rows, length) = (sequences[index], caches[index].length)
          caches[index].fillBlocks(layer: layer, next)
          (first + index).initialize(
            to: at_attention_sequence(
              query_begin: rows.lowerBound, query_count: rows.count,
              key_count: length + (includesNewKeys ? rows.count : 0), query_position: length,
              blocks: UnsafePointer(next), block_stride: caches[index].pageCount))
          next += caches[index].blockCount
        }
        body(UnsafeBufferPointer(start: first, count: sequences.count))
      }
    }
  }

  /// Every query head is multiplied with the keys and the weights with the values; those of a key/value head are read
  /// once. Masks are not counted off.
  private static func attentionWork(
    _ query: Tensor, _ caches: [KeyValueCache], _ sequences: [Range<Int>], _ includesNewKeys: Bool
  ) -> Profile.Work {
    var work = Profile.Work(query)
    work.operations = 0
    for (cache, rows) in zip(caches, sequences) {
      let keys = cache.length + (includesNewKeys ? rows.count : 0)
      let width = cache.shape.keyWidth + cache.shape.valueWidth
      work.bytes += keys * cache.shape.heads * width * (cache.layout.element == AT_F32 ? 4 : 2)
      work.operations += 2 * rows.count * query.shape[1] * keys * width
    }
    return work
  }

  /// The rows of a float32 `[rows, heads, width]` tensor whose heads lie one after the other, and the distance of two
  /// rows: part of a wider product needs no copy.
  func withRows<R>(_ body: (UnsafePointer<Float>, Int) throws -> R) rethrows -> R {
    let (heads, width) = (shape[1], shape[2])
    if dtype == .float32, width <= 1 || strides[2] == 1, heads <= 1 || strides[1] == width {
      return try withExtendedLifetime(box) { try body(UnsafePointer(pointer(Float.self)), strides[0]) }
    }
    return try withFloats { try body($0, heads * width) }
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
