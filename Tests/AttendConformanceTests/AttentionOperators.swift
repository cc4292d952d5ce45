import AttendTensor

/// ONNX's `Attention` and `RotaryEmbedding` through the fused operations.
enum AttentionOperators {
  /// ONNX adds a mask before it caps the scores; the models that cap scores, and so ``Tensor/attention``, add it after.
  static func run(_ test: OperatorCase) throws -> [Int: Tensor] {
    let (q, k, v) = (try test.require(0), try test.require(1), try test.require(2))
    let isFlat = q.rank == 3
    let queryHeads = isFlat ? test.integer("q_num_heads") ?? 1 : q.shape[1]
    let keyHeads = isFlat ? test.integer("kv_num_heads") ?? 1 : k.shape[1]
    let query = heads(q, queryHeads)
    let presentKey = join(test.input(4), heads(k, keyHeads))
    let presentValue = join(test.input(5), heads(v, keyHeads))
    let (batch, rows, keys) = (query.shape[0], query.shape[2], presentKey.shape[2])
    let width = query.shape[3]
    var options = AttentionOptions(
      scale: test.float("scale") ?? 1 / Float(width).squareRoot(), isCausal: test.integer("is_causal") == 1,
      softCap: test.float("softcap").flatMap { $0 > 0 ? $0 : nil })
    var masks = mask(test, [batch, queryHeads, rows, keys])
    let past = test.input(4)?.shape[2] ?? 0
    if options.isCausal, past > 0 {
      // The fused mask counts both from the start of their sequence; here the queries come after the past.
      options.isCausal = false
      let seen = (0..<rows).flatMap { row in (0..<keys).map { $0 <= past + row ? Float(0) : -.infinity } }
      let causal = Tensor(seen, shape: [rows, keys]).expanded(to: [batch, queryHeads, rows, keys])
      masks = masks.map { $0 + causal } ?? causal
    }
    let lengths = test.integers(6)
    var outputs: [Tensor] = []
    var weights: [Tensor] = []
    for sequence in 0..<batch {
      let seen = lengths?[sequence] ?? keys
      let rowQuery = rowsFirst(query, sequence)
      let rowKey = rowsFirst(presentKey, sequence).sliced(axis: 0, 0..<seen)
      let rowValue = rowsFirst(presentValue, sequence).sliced(axis: 0, 0..<seen)
      options.bias = masks?.selected(axis: 0, sequence).sliced(axis: 2, 0..<seen)
      let output = Tensor.attention(
        query: rowQuery, key: rowKey, value: rowValue, sequences: [0..<rows], keySequences: [0..<seen], options: options
      )
      outputs.append(output.transposed(0, 1).unsqueezed(0))
      if test.expected[3] != nil {
        weights.append(scores(test, rowQuery, rowKey, options).unsqueezed(0))
      }
    }
    let y = Tensor.concatenated(outputs, axis: 0)
    var results = [
      0: isFlat ? y.transposed(1, 2).reshaped([batch, rows, queryHeads * y.shape[3]]) : y, 1: presentKey,
      2: presentValue,
    ]
    if !weights.isEmpty { results[3] = .concatenated(weights, axis: 0) }
    return results
  }

  /// `[batch, heads, length, width]`.
  private static func heads(_ x: Tensor, _ count: Int) -> Tensor {
    guard x.rank == 3 else { return x }
    return x.reshaped([x.shape[0], x.shape[1], count, x.shape[2] / count]).transposed(1, 2)
  }

  private static func join(_ past: Tensor?, _ new: Tensor) -> Tensor {
    past.map { .concatenated([$0, new], axis: 2) } ?? new
  }

  /// `[length, heads, width]` of one sequence.
  private static func rowsFirst(_ x: Tensor, _ sequence: Int) -> Tensor {
    x.selected(axis: 0, sequence).transposed(0, 1)
  }

  /// What is added to the scores, `[batch, heads, rows, keys]`. Keys that a mask is too short for are not seen.
  private static func mask(_ test: OperatorCase, _ shape: [Int]) -> Tensor? {
    guard var mask = test.input(3) else { return nil }
    if test.isBoolean(3) { mask = (mask - 1) * Tensor(Float.greatestFiniteMagnitude) }
    while mask.rank < 4 { mask = mask.unsqueezed(0) }
    let known = mask.shape[3]
    var full = mask.expanded(to: [shape[0], shape[1], shape[2], known])
    if known < shape[3] {
      let rest = Tensor.full([shape[0], shape[1], shape[2], shape[3] - known], -Double.infinity)
      full = .concatenated([full, rest], axis: 3)
    }
    return full
  }

  /// The scores `[heads, rows, keys]` at the stage that the operator asks for: 0 before the mask, 1 with it, 2 capped, 3
  /// as weights.
  private static func scores(
    _ test: OperatorCase, _ query: Tensor, _ key: Tensor, _ options: AttentionOptions
  ) -> Tensor {
    let stage = test.integer("qk_matmul_output_mode") ?? 0
    if stage == 3 {
      return Tensor.attentionWeights(
        query: query, key: key, rows: 0..<query.shape[0], keyRows: 0..<key.shape[0], options: options)
    }
    var scores = query.transposed(0, 1).matmul(key.permuted([1, 2, 0])) * Tensor(options.scale)
    if stage > 0, let bias = options.bias { scores = scores + bias }
    if stage > 1, let cap = options.softCap { scores = (scores / Tensor(cap)).tanh() * Tensor(cap) }
    return scores
  }

  static func rotary(_ test: OperatorCase) throws -> [Int: Tensor] {
    let x = try test.require(0)
    let byHead = heads(x, test.integer("num_heads") ?? 1)
    // [batch, length, heads, width]
    let turned = byHead.transposed(1, 2)
    let (batch, length) = (turned.shape[0], turned.shape[1])
    let rows = turned.reshaped([batch * length, turned.shape[2], turned.shape[3]])
    func table(_ place: Int) throws -> Tensor {
      let table = try test.require(place)
      let pairs = table.shape[table.rank - 1]
      guard let positions = test.integers(3) else { return table.reshaped([batch * length, pairs]) }
      return table.gather(rows: Tensor(positions.map(Int64.init)))
    }
    let result = rows.rotary(
      cosines: try table(1), sines: try table(2), interleaved: test.integer("interleaved") == 1)
    let back = result.reshaped([batch, length, turned.shape[2], turned.shape[3]])
    return [0: x.rank == 3 ? back.reshaped(x.shape) : back.transposed(1, 2)]
  }
}
