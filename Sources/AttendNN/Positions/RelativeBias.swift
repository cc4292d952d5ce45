import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// T5's relative positions: a learned number for each head and bucket of distances, added to the scores. Near distances
/// have buckets of their own, far ones share them logarithmically. Raffel et al. 2020, arXiv:1910.10683, section 2.1.
public struct RelativeBias: Sendable {
  let table: Embedding
  public let buckets: RelativeBuckets

  /// - Parameter scope: holds `weight`, `[buckets, heads]` (`relative_attention_bias` in T5).
  public init(_ scope: WeightScope, heads: Int, buckets: RelativeBuckets) {
    table = Embedding(scope, count: buckets.count, width: heads)
    self.buckets = buckets
  }

  /// - Parameters:
  ///   - positions: of the queries, `[tokens]`.
  ///   - keys: how many there are, at positions 0, 1, ….
  /// - Returns: `[heads, tokens, keys]`.
  public func callAsFunction(_ positions: [Int], keys: Int) -> Tensor {
    let ids = positions.flatMap { position in (0..<keys).map { Int32(buckets.bucket(of: $0 - position)) } }
    let rows = table(Tensor(ids, shape: [ids.count]))
    return rows.reshaped([positions.count, keys, rows.shape[1]]).permuted([2, 0, 1]).contiguous()
  }
}

/// How distances fall into buckets.
public struct RelativeBuckets: Sendable, Hashable {
  public let count: Int
  /// From here on all distances share the last bucket.
  public let maximumDistance: Int
  /// Half of the buckets is for keys behind the query; a causal model has no use for them.
  public let isBidirectional: Bool

  public init(count: Int = 32, maximumDistance: Int = 128, isBidirectional: Bool) {
    precondition(count >= 4 && maximumDistance > count, "more distances than buckets, and at least four of those")
    self.count = count
    self.maximumDistance = maximumDistance
    self.isBidirectional = isBidirectional
  }

  /// - Parameter offset: key position − query position.
  /// - Returns: in `0..<count`.
  public func bucket(of offset: Int) -> Int {
    let half = isBidirectional ? count / 2 : count
    let start = isBidirectional && offset > 0 ? half : 0
    let distance = isBidirectional ? abs(offset) : max(-offset, 0)
    let near = half / 2
    if distance < near { return start + distance }
    // float32, as the reference computes it, so that the borders are the same.
    let scaled =
      logf(Float(distance) / Float(near)) / Float(log(Double(maximumDistance) / Double(near))) * Float(half - near)
    return start + min(near + Int(scaled), half - 1)
  }
}
