import AttendTensor

/// Watches the attention of a pass: which weights each query gave to which key. Only what is asked for is computed, apart
/// from the pass itself, whose numbers it does not change.
///
/// ```swift
/// pass.observer = AttentionObserver([.init(kinds: [.cross], layers: [2])])
/// _ = model.logits(source: source, target: target, &pass)
/// let alignment = pass.observer?.observations.first?.weights
/// ```
public struct AttentionObserver: Sendable {
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// A sequence looks at all of itself.
    case encoderSelf
    /// A sequence looks at itself up to each position.
    case decoderSelf
    /// A sequence looks at another one.
    case cross
  }

  /// What to watch; nil stands for all.
  public struct Request: Sendable {
    public var kinds: Set<Kind>?
    public var layers: Set<Int>?
    public var heads: Set<Int>?
    /// Whether observations also hold what the weights were computed from, where the pass has no cache.
    public var keepsOperands: Bool

    public init(
      kinds: Set<Kind>? = nil, layers: Set<Int>? = nil, heads: Set<Int>? = nil, keepsOperands: Bool = false
    ) {
      self.kinds = kinds
      self.layers = layers
      self.heads = heads
      self.keepsOperands = keepsOperands
    }

    func covers(_ kind: Kind, layer: Int) -> Bool {
      (kinds?.contains(kind) ?? true) && (layers?.contains(layer) ?? true)
    }
  }

  /// The weights of some heads of one layer for one sequence.
  public struct Observation: Sendable {
    public let kind: Kind
    public let layer: Int
    /// Which sequence of the pass.
    public let sequence: Int
    /// Which heads, ascending: the first axis of `weights`.
    public let heads: [Int]
    /// `[heads, queries, keys]`, float; each row sums to 1, or to 0 where a query sees no key. Before any dropout.
    public let weights: Tensor
    /// On request.
    public let operands: Operands?
  }

  /// What goes into an attention: one sequence, the heads of its observation.
  public struct Operands: Sendable {
    /// `[queries, heads, width]`, `[keys, heads, width]`, `[keys, heads, value width]`; a key/value head that several
    /// query heads share stands here once for each.
    public let query, key, value: Tensor
    public let options: AttentionOptions
  }

  public var requests: [Request]
  /// In the order of the computation: layers, then sequences.
  public private(set) var observations: [Observation] = []

  public init(_ requests: [Request] = [Request()]) { self.requests = requests }

  /// The heads of a layer that somebody wants, ascending.
  func wantedHeads(_ kind: Kind, layer: Int, of count: Int) -> [Int] {
    let covering = requests.filter { $0.covers(kind, layer: layer) }
    return (0..<count).filter { head in covering.contains { $0.heads?.contains(head) ?? true } }
  }

  /// - Parameters:
  ///   - rows: of the query, those of the sequence; `firstPosition` is where the first of them stands among the keys.
  ///   - keyRows: of the key and the value.
  ///   - value: nil where a cache holds the values.
  mutating func observe(
    _ kind: Kind, layer: Int, sequence: Int, query: Tensor, key: Tensor, value: Tensor?, rows: Range<Int>,
    keyRows: Range<Int>, firstPosition: Int = 0, options: AttentionOptions
  ) {
    let heads = wantedHeads(kind, layer: layer, of: query.shape[1])
    guard !heads.isEmpty else { return }
    let group = query.shape[1] / key.shape[1]
    let weights = heads.map { head in
      var options = options
      if let bias = options.bias, bias.shape[0] > 1 { options.bias = bias.sliced(axis: 0, head..<head + 1) }
      return Tensor.attentionWeights(
        query: query.sliced(axis: 1, head..<head + 1), key: key.sliced(axis: 1, head / group..<head / group + 1),
        rows: rows, keyRows: keyRows, firstPosition: firstPosition, options: options)
    }
    observations.append(
      Observation(
        kind: kind, layer: layer, sequence: sequence, heads: heads, weights: .concatenated(weights, axis: 0),
        operands: operands(kind, layer, heads, query, key, value, rows, keyRows, options)))
  }

  private func operands(
    _ kind: Kind, _ layer: Int, _ heads: [Int], _ query: Tensor, _ key: Tensor, _ value: Tensor?, _ rows: Range<Int>,
    _ keyRows: Range<Int>, _ options: AttentionOptions
  ) -> Operands? {
    guard let value, requests.contains(where: { $0.keepsOperands && $0.covers(kind, layer: layer) }) else { return nil }
    let group = query.shape[1] / key.shape[1]
    func pick(_ tensor: Tensor, _ rows: Range<Int>, _ head: (Int) -> Int) -> Tensor {
      let tensor = tensor.detached().sliced(axis: 0, rows)
      return .concatenated(heads.map { tensor.sliced(axis: 1, head($0)..<head($0) + 1) }, axis: 1)
    }
    return Operands(
      query: pick(query, rows) { $0 }, key: pick(key, keyRows) { $0 / group },
      value: pick(value, keyRows) { $0 / group },
      options: options)
  }
}
