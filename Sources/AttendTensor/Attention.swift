import CAttend

/// What shapes the scores of an attention besides the products of queries and keys.
public struct AttentionOptions: Sendable {
  /// Factor of the scores, usually 1/√(head width).
  public var scale: Float
  /// A query sees keys at its own position and before.
  public var isCausal = true
  /// A causal query sees only its last `window` positions, itself included.
  public var window: Int?
  /// cap · tanh(score / cap), after the scale. Gemma 2, arXiv:2408.00118.
  public var softCap: Float?
  /// Added to the scores: `[heads, queries, keys]`, each dimension either full or 1; queries count the rows of the call,
  /// keys are absolute positions.
  public var bias: Tensor?

  public init(
    scale: Float, isCausal: Bool = true, window: Int? = nil, softCap: Float? = nil,
    bias: Tensor? = nil
  ) {
    self.scale = scale
    self.isCausal = isCausal
    self.window = window
    self.softCap = softCap
    self.bias = bias
  }
}

extension Tensor {
  /// softmax(scale · Q Kᵀ + …) V for sequences laid end to end. Vaswani et al. 2017, arXiv:1706.03762; grouped
  /// queries: Ainslie et al. 2023, arXiv:2305.13245.
  /// - Parameters:
  ///   - query: `[tokens, heads, keyWidth]`, float32.
  ///   - key: `[tokens, keyValueHeads, keyWidth]`; `value`: `[tokens, keyValueHeads, valueWidth]`.
  ///   - sequences: the rows of each sequence.
  /// - Returns: `[tokens, heads, valueWidth]`.
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, sequences: [Range<Int>], options: AttentionOptions
  ) -> Tensor {
    checkHeads(query, key, value)
    if query.isRecording || key.isRecording || value.isRecording
      || options.bias?.isRecording == true
      || query.dtype != .float32
    {
      return Composed.attention(
        query: query, key: key, value: value, sequences: sequences, options: options)
    }
    let shape = KeyValueShape(
      layers: 1, heads: key.shape[1], keyWidth: key.shape[2], valueWidth: value.shape[2])
    var caches = sequences.map { _ in KeyValueCache(shape, precision: .exact) }
    do {
      for (index, rows) in sequences.enumerated() { try caches[index].reserve(rows.count) }
    } catch {
      // No memory for the packed keys: the composition needs less at a time and gives the same numbers.
      return Composed.attention(
        query: query, key: key, value: value, sequences: sequences, options: options)
    }
    return attention(
      query: query, key: key, value: value, layer: 0, sequences: sequences, caches: &caches,
      options: options,
      phase: .prompt)
  }

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
    let blocks = caches.map { $0.blocks(layer: layer) }
    let heads = query.shape[1]
    let (keyWidth, valueWidth) = (query.shape[2], value.shape[2])
    let element = caches.first?.layout.element ?? AT_F32
    let bias = options.bias?.contiguous()
    let biasStrides = bias.map { broadcastStrides($0, heads: heads) } ?? (0, 0, 0)
    return query.withFloats { queries in
      Tensor.uninitialized([query.shape[0], heads, valueWidth]) { out in
        let flat = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(
          capacity: Swift.max(blocks.reduce(0) { $0 + $1.count }, 1))
        defer { flat.deallocate() }
        var used = 0
        let layouts = sequences.enumerated().map { index, rows in
          let start = flat + used
          start.initialize(from: blocks[index], count: blocks[index].count)
          used += blocks[index].count
          return at_attention_sequence(
            query_begin: rows.lowerBound, query_count: rows.count,
            key_count: caches[index].length + rows.count,
            query_position: caches[index].length, blocks: start,
            block_stride: caches[index].pageCount)
        }
        withOptionalFloats(bias) { bias in
          layouts.withUnsafeBufferPointer { layouts in
            var call = at_attention(
              heads: heads, kv_heads: key.shape[1], key_width: keyWidth, value_width: valueWidth,
              element: element,
              scale: options.scale, soft_cap: options.softCap ?? 0, causal: options.isCausal,
              window: options.window ?? 0, bias: bias, bias_head: biasStrides.0,
              bias_query: biasStrides.1,
              bias_key: biasStrides.2, queries: queries, query_stride: heads * keyWidth,
              out: out.assumingMemoryBound(to: Float.self), out_stride: heads * valueWidth,
              sequences: layouts.baseAddress, sequence_count: layouts.count,
              decode: phase == .decode)
            at_attend(at_kernels_best(), &call)
          }
        }
      }
    }
  }

  private static func checkHeads(_ query: Tensor, _ key: Tensor, _ value: Tensor) {
    guard query.rank == 3, key.rank == 3, value.rank == 3, query.shape[2] == key.shape[2],
      key.shape[1] == value.shape[1], key.shape[1] > 0, query.shape[1] % key.shape[1] == 0
    else { shapeMismatch("attention", query.shape, key.shape, value.shape) }
  }

  /// Strides of a `[heads, queries, keys]` bias, 0 where a dimension is 1.
  private static func broadcastStrides(_ bias: Tensor, heads: Int) -> (Int, Int, Int) {
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

extension Composed {
  /// Attention from primitives, sequence by sequence: the specification, and what gradients run through.
  static func attention(
    query: Tensor, key: Tensor, value: Tensor, sequences: [Range<Int>], options: AttentionOptions
  ) -> Tensor {
    let groups = query.shape[1] / key.shape[1]
    let outputs = sequences.map { rows -> Tensor in
      let length = rows.count
      // [keyValueHeads, groups, length, width] against [keyValueHeads, 1, length, width]
      let q = query.sliced(axis: 0, rows).transposed(0, 1)
        .reshaped([key.shape[1], groups, length, query.shape[2]])
      let k = key.sliced(axis: 0, rows).transposed(0, 1).reshaped([
        key.shape[1], 1, length, key.shape[2],
      ])
      let v = value.sliced(axis: 0, rows).transposed(0, 1).reshaped([
        key.shape[1], 1, length, value.shape[2],
      ])
      var scores = q.matmul(k.transposed(2, 3)) * options.scale
      if let cap = options.softCap { scores = (scores / cap).tanh() * cap }
      if let bias = options.bias {
        let ofRows = bias.shape[1] == 1 ? bias : bias.sliced(axis: 1, rows)
        let ofKeys = ofRows.shape[2] == 1 ? ofRows : ofRows.sliced(axis: 2, 0..<length)
        let heads = ofKeys.shape[0] == 1 ? [1, 1] : [key.shape[1], groups]
        scores = scores + ofKeys.reshaped(Shape(heads + [ofKeys.shape[1], ofKeys.shape[2]]))
      }
      if options.isCausal {
        scores = scores + causalMask(length, window: options.window).cast(to: scores.dtype)
      }
      let weights = scores.softmax()
      return weights.matmul(v).reshaped([query.shape[1], length, value.shape[2]]).transposed(0, 1)
    }
    return Tensor.concatenated(outputs, axis: 0)
  }

  /// 0 where a query may see a key, −∞ elsewhere: `[length, length]`.
  private static func causalMask(_ length: Int, window: Int?) -> Tensor {
    var mask = [Float](repeating: -.infinity, count: length * length)
    for query in 0..<length {
      for key in max(0, query + 1 - (window ?? query + 1))...query {
        mask[query * length + key] = 0
      }
    }
    return Tensor(mask, shape: [length, length])
  }
}
