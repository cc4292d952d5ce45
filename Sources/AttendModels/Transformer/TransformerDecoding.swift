import AttendNN
import AttendTensor

// Generation: the source is encoded once, each step computes one row.
extension Transformer {
  public struct DecoderState: Sendable {
    /// Keys and values of the target so far.
    var own: KeyValueCache
    /// Keys and values of the source in every decoder layer.
    let source: KeyValueCache
  }

  private var cacheShape: KeyValueShape {
    let width = config.width / config.decoder.heads
    return KeyValueShape(layers: config.decoder.layers, heads: config.decoder.heads, keyWidth: width, valueWidth: width)
  }

  public func encode(_ sources: [[Int32]]) throws -> [DecoderState] {
    var pass = ForwardPass(lengths: sources.map(\.count))
    let hidden = encode(sources.flatMap { $0 }, &pass)
    var caches: [KeyValueCache] = []
    for rows in pass.sequences {
      var cache = KeyValueCache(cacheShape, precision: precision)
      try cache.reserve(rows.count)
      caches.append(cache)
    }
    for (index, layer) in decoder.enumerated() {
      let parts = layer.sourceAttention.keysAndValues(of: hidden)
      for (source, rows) in pass.sequences.enumerated() {
        caches[source].remember(layer: index, keys: parts[0], values: parts[1], rows: rows)
      }
    }
    return zip(caches, pass.sequences).map { cache, rows in
      var cache = cache
      cache.advance(by: rows.count)
      return DecoderState(own: KeyValueCache(cacheShape, precision: precision), source: cache)
    }
  }

  public func step(_ tokens: [Int32], _ states: inout [DecoderState]) throws -> Tensor {
    // The caches move into the pass and back: a second owner would mean a copy of each one's last page.
    let empty = KeyValueCache(cacheShape, precision: precision)
    var caches: [KeyValueCache] = []
    caches.reserveCapacity(states.count)
    for index in states.indices {
      caches.append(states[index].own)
      states[index].own = empty
    }
    var pass = try ForwardPass(continuing: consume caches, lengths: tokens.map { _ in 1 }, phase: .decode)
    let logits = decode(tokens, .remembered(states.map(\.source)), &pass)
    pass.finish()
    for index in states.indices.reversed() { states[index].own = pass.caches.removeLast() }
    return logits
  }

  public func alignments(source: [[Int32]], target: [[Int32]]) -> [Tensor]? {
    guard !decoder.isEmpty else { return nil }
    let collector = AlignmentCollector(config.alignmentHeads)
    var pass = ForwardPass(lengths: [])
    _ = decode(source, target, &pass, watching: collector)
    return collector.means
  }
}

/// Averages the attention weights of chosen heads.
final class AlignmentCollector {
  private let heads: [(layer: Int, head: Int)]
  private var sums: [Tensor] = []

  init(_ heads: [(layer: Int, head: Int)]) { self.heads = heads }

  /// - Parameters:
  ///   - queries: `[target tokens, heads, width]`.
  ///   - keys: `[source tokens, heads, width]`.
  func add(
    _ queries: Tensor, _ keys: Tensor, layer: Int, rows: [Range<Int>], keyRows: [Range<Int>], scale: Float
  ) {
    for (_, head) in heads where heads.contains(where: { $0.layer == layer && $0.head == head }) {
      let (query, key) = (queries.selected(axis: 1, head), keys.selected(axis: 1, head))
      let weights = zip(rows, keyRows).map { rows, keyRows in
        (query.sliced(axis: 0, rows).matmul(key.sliced(axis: 0, keyRows).transposed(0, 1)) * scale).softmax()
      }
      sums = sums.isEmpty ? weights : zip(sums, weights).map { $0 + $1 }
    }
  }

  /// For each sequence `[target tokens, source tokens]`.
  var means: [Tensor] { sums.map { $0 / Double(heads.count) } }
}

/// Attention from each target to its source: queries of the pass's sequence i see all keys of `keyRows[i]`.
/// - Returns: `[tokens, heads, width]`.
func sourceAttention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, keyRows: [Range<Int>], scale: Float, dropout: Float,
  _ pass: inout ForwardPass
) -> Tensor {
  let mixed = zip(pass.sequences, keyRows).map { rows, keyRows in
    let queries = query.sliced(axis: 0, rows).transposed(0, 1)
    let keys = key.sliced(axis: 0, keyRows).transposed(0, 1)
    let values = value.sliced(axis: 0, keyRows).transposed(0, 1)
    let weights = (queries.matmul(keys.transposed(1, 2)) * scale).softmax()
    return pass.dropout(weights, dropout).matmul(values).transposed(0, 1)
  }
  return Tensor.concatenated(mixed, axis: 0)
}
