/// What shapes the scores of an attention besides the products of queries and keys.
public struct AttentionOptions: Sendable {
  /// Factor of the scores, usually 1/√(head width).
  public var scale: Float
  /// A query sees keys at its own position and before. Without a cache both count from the start of their sequence.
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

/// One attention over whole sequences: what back ends compute.
package struct AttentionCall: Sendable {
  /// `[rows, heads, keyWidth]`.
  package var query: Tensor
  /// `[keyRows, keyValueHeads, keyWidth]`; `value`: `[keyRows, keyValueHeads, valueWidth]`.
  package var key: Tensor
  package var value: Tensor
  /// Rows of the queries of each sequence, and of the keys and values that they see.
  package var sequences: [Range<Int>]
  package var keySequences: [Range<Int>]
  package var options: AttentionOptions
  package var dropout: AttentionDropout?

  /// What can be differentiated: query, key, value and the bias if there is one.
  var inputs: [Tensor] {
    get { [query, key, value] + [options.bias].compactMap(\.self) }
    set {
      (query, key, value) = (newValue[0], newValue[1], newValue[2])
      options.bias = newValue.count > 3 ? newValue[3] : nil
    }
  }

  /// With other inputs.
  func with(_ inputs: [Tensor]) -> AttentionCall {
    var call = self
    call.inputs = inputs
    return call
  }

  var detached: AttentionCall { with(inputs.map { $0.detached() }) }
}

extension Tensor {
  /// softmax(scale · Q Kᵀ + …) V for sequences laid end to end. Vaswani et al. 2017, arXiv:1706.03762; grouped
  /// queries: Ainslie et al. 2023, arXiv:2305.13245.
  ///
  /// Memory is linear in the lengths, that of the derivative too: it computes the weights again, block by block.
  /// - Parameters:
  ///   - query: `[rows, heads, keyWidth]`, float32 or float64.
  ///   - key: `[keyRows, keyValueHeads, keyWidth]`; `value`: `[keyRows, keyValueHeads, valueWidth]`.
  ///   - sequences: the query rows of each sequence, in order and without gaps.
  ///   - keySequences: the rows of the keys that each sequence sees (cross-attention); nil for its own (self-attention).
  ///     A sequence that sees no key gives zeros.
  ///   - dropout: drops weights after the softmax. Those of query row `q`, head `h` and key `k` of its sequence follow
  ///     element (h · rows + q) · 2³² + k of the key's stream, but that within each 32 keys the words of four blocks are
  ///     spread (see ``weightNumber(head:row:key:rows:)``).
  /// - Returns: `[rows, heads, valueWidth]`.
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, sequences: [Range<Int>], keySequences: [Range<Int>]? = nil,
    options: AttentionOptions, dropout: AttentionDropout? = nil
  ) -> Tensor {
    checkHeads(query, key, value)
    guard keySequences.map({ $0.count == sequences.count }) ?? true else {
      shapeMismatch("attention: \(sequences.count) sequences, \(keySequences?.count ?? 0) of keys", query.shape)
    }
    checkRows(sequences, query)
    checkRows(keySequences ?? sequences, key)
    guard key.shape[0] == value.shape[0] else { shapeMismatch("attention", key.shape, value.shape) }
    let call = AttentionCall(
      query: query, key: key, value: value, sequences: sequences, keySequences: keySequences ?? sequences,
      options: options, dropout: dropout.flatMap { $0.rate > 0 ? $0 : nil })
    let inputs = call.inputs
    let isRecording = inputs.contains(where: \.isRecording)
    let (output, sums) = backend.attention(
      call.detached, keepingSums: isRecording, bias: options.bias?.isRecording == true)
    guard let sums else {
      return recordRecomputing(.attention, output, inputs) { Composed.attention(call.with($0)) }
    }
    let detached = call.detached
    let wanted = inputs.map(\.isRecording)
    return recordJointly(.attention, output, inputs) { upstream, _ in
      backend.attentionGradients(detached, output: output, sums: sums, upstream: upstream, wanted: wanted)
    }
  }

  /// The weights of the attention of one sequence: softmax(scale · Q Kᵀ + …), for pictures and tests.
  /// - Parameters:
  ///   - query: `[…, heads, keyWidth]`, of which `rows` are the sequence's; `key`: `[…, keyValueHeads, keyWidth]`, of
  ///     which the sequence sees `keyRows`.
  ///   - firstPosition: where the first query stands among the keys, for causal masks.
  /// - Returns: `[heads, rows.count, keyRows.count]`, not recorded.
  public static func attentionWeights(
    query: Tensor, key: Tensor, rows: Range<Int>, keyRows: Range<Int>, firstPosition: Int = 0,
    options: AttentionOptions
  ) -> Tensor {
    checkHeads(query, key, key)
    checkRows([rows], query)
    checkRows([keyRows], key)
    var options = options
    options.bias = options.bias?.detached()
    let weights = Composed.attentionWeights(
      query: query.detached(), key: key.detached(), rows: rows, keyRows: keyRows, firstPosition: firstPosition,
      options: options)
    return weights.reshaped([query.shape[1], rows.count, keyRows.count])
  }

  static func checkHeads(_ query: Tensor, _ key: Tensor, _ value: Tensor) {
    guard query.rank == 3, key.rank == 3, value.rank == 3, query.shape[2] == key.shape[2],
      key.shape[1] == value.shape[1], key.shape[1] > 0, query.shape[1] % key.shape[1] == 0
    else { shapeMismatch("attention", query.shape, key.shape, value.shape) }
  }

  private static func checkRows(_ sequences: [Range<Int>], _ tensor: Tensor) {
    for rows in sequences where rows.lowerBound < 0 || rows.upperBound > tensor.shape[0] {
      shapeMismatch("attention of rows \(rows)", tensor.shape)
    }
  }
}
