import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// ALiBi: scores fall linearly with the distance of query and key, at a slope of each head's own, and no position is
/// added to embeddings. Press et al. 2022, arXiv:2108.12409.
public struct LinearBias: Sendable, Hashable {
  /// `[heads]`.
  public let slopes: [Float]

  /// Slopes 2^(−8/n), 2^(−16/n), … for n heads when that is a power of two; else those of the power below, then every
  /// second one of the power above (the paper's code).
  public init(heads: Int) {
    precondition(heads > 0, "at least one head")
    var power = 1
    while power * 2 <= heads { power *= 2 }
    func geometric(_ count: Int) -> [Float] {
      (1...count).map { Float(pow(2, -8 * Double($0) / Double(count))) }
    }
    slopes = geometric(power) + stride(from: 0, to: 2 * (heads - power), by: 2).map { geometric(2 * power)[$0] }
  }

  /// −slope · |query − key|, to be added to scores.
  /// - Parameters:
  ///   - positions: of the queries, `[tokens]`.
  ///   - keys: how many there are, at positions 0, 1, ….
  /// - Returns: `[heads, tokens, keys]`.
  public func callAsFunction(_ positions: [Int], keys: Int) -> Tensor {
    var values: [Float] = []
    values.reserveCapacity(slopes.count * positions.count * keys)
    for slope in slopes {
      for position in positions {
        for key in 0..<keys { values.append(-slope * Float(abs(position - key))) }
      }
    }
    return Tensor(values, shape: [slopes.count, positions.count, keys])
  }
}
