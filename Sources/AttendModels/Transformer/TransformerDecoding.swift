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
    let layers = Dictionary(grouping: config.alignmentHeads, by: \.layer)
    var pass = ForwardPass(lengths: [])
    pass.observer = AttentionObserver(
      layers.map { .init(kinds: [.cross], layers: [$0.key], heads: Set($0.value.map(\.head))) })
    _ = logits(source: source, target: target, &pass)
    var sums = [Tensor?](repeating: nil, count: target.count)
    for observed in pass.observer?.observations ?? [] {
      let sum = observed.weights.sum(axes: [0])
      sums[observed.sequence] = sums[observed.sequence].map { $0 + sum } ?? sum
    }
    return sums.compactMap { $0.map { $0 / Double(config.alignmentHeads.count) } }
  }
}
