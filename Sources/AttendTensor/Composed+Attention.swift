extension Composed {
  /// Attention from primitives, sequence by sequence: the specification.
  static func attention(_ call: AttentionCall) -> Tensor {
    let (query, key, value) = (call.query, call.key, call.value)
    let groups = query.shape[1] / key.shape[1]
    let outputs = zip(call.sequences, call.keySequences).map { rows, keyRows -> Tensor in
      var weights = attentionWeights(query: query, key: key, rows: rows, keyRows: keyRows, options: call.options)
      if let dropout = call.dropout {
        let factors = dropoutFactors(
          dropout, heads: query.shape[1], rows: rows, keys: keyRows.count, of: query.shape[0])
        weights = weights * factors.reshaped(weights.shape).cast(to: weights.dtype)
      }
      let v = value.sliced(axis: 0, keyRows).transposed(0, 1).unsqueezed(1)
      return weights.matmul(v).reshaped([key.shape[1] * groups, rows.count, value.shape[2]]).transposed(0, 1)
    }
    if outputs.isEmpty { return .zeros([query.shape[0], query.shape[1], value.shape[2]], query.dtype) }
    return Tensor.concatenated(outputs, axis: 0)
  }

  /// `[keyValueHeads, groups, queries, keys]`.
  static func attentionWeights(
    query: Tensor, key: Tensor, rows: Range<Int>, keyRows: Range<Int>, firstPosition: Int = 0,
    options: AttentionOptions
  ) -> Tensor {
    let (heads, width) = (key.shape[1], query.shape[2])
    let groups = query.shape[1] / heads
    // [keyValueHeads, groups, queries, width] against [keyValueHeads, 1, keys, width]
    let q = query.sliced(axis: 0, rows).transposed(0, 1).reshaped([heads, groups, rows.count, width])
    let k = key.sliced(axis: 0, keyRows).transposed(0, 1).unsqueezed(1)
    var scores = q.matmul(k.transposed(2, 3)) * options.scale
    if let cap = options.softCap { scores = (scores / cap).tanh() * cap }
    if let bias = options.bias {
      let ofRows = bias.shape[1] == 1 ? bias : bias.sliced(axis: 1, rows)
      let ofKeys = ofRows.shape[2] == 1 ? ofRows : ofRows.sliced(axis: 2, 0..<keyRows.count)
      let extents = ofKeys.shape[0] == 1 ? [1, 1] : [heads, groups]
      scores = scores + ofKeys.reshaped(Shape(extents + [ofKeys.shape[1], ofKeys.shape[2]]))
    }
    if options.isCausal {
      let mask = causalMask(rows.count, keyRows.count, firstPosition: firstPosition, window: options.window)
      scores = scores + mask.cast(to: scores.dtype)
    }
    return scores.softmax()
  }

  /// 0 where a query may see a key, −∞ elsewhere: `[queries, keys]`.
  private static func causalMask(_ queries: Int, _ keys: Int, firstPosition: Int, window: Int?) -> Tensor {
    var mask = [Float](repeating: -.infinity, count: queries * keys)
    for query in 0..<queries {
      let end = firstPosition + query + 1
      for key in max(0, end - (window ?? end))..<end where key < keys { mask[query * keys + key] = 0 }
    }
    return Tensor(mask, shape: [queries, keys])
  }

  /// What the weights of one sequence are multiplied with: `[heads, queries, keys]`.
  private static func dropoutFactors(
    _ mask: AttentionDropout, heads: Int, rows: Range<Int>, keys: Int, of allRows: Int
  ) -> Tensor {
    var factors: [Float] = []
    for head in 0..<heads {
      for row in rows {
        for key in 0..<keys {
          let number = Tensor.weightNumber(head: head, row: row, key: key, rows: allRows)
          factors.append(mask.key.bits(at: number) >= mask.threshold ? mask.scale : 0)
        }
      }
    }
    return Tensor(factors, shape: [heads, rows.count, keys])
  }
}

extension Tensor {
  /// Which element of a dropout's stream decides about the weight of a query row and a key of its sequence. Within 32
  /// keys, key k takes word k/8 of block k mod 8, so that vectors of blocks need no shuffling.
  package static func weightNumber(head: Int, row: Int, key: Int, rows: Int) -> UInt64 {
    UInt64(head * rows + row) << 32 &+ UInt64(key & ~31 + (key & 7) * 4 + (key >> 3 & 3))
  }
}
