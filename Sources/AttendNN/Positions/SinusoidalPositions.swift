import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Sines and cosines of geometrically spaced frequencies, added to embeddings. Vaswani et al. 2017, arXiv:1706.03762,
/// section 3.5: channel 2i of position p is sin(p / base^(2i/width)), channel 2i + 1 the cosine.
public struct SinusoidalPositions: Sendable, Hashable {
  public let width: Int
  public let base: Float
  /// Sines and cosines alternate (the paper); else all sines come first (Marian, fairseq).
  public let isInterleaved: Bool

  public init(width: Int, base: Float = 10000, isInterleaved: Bool = true) {
    precondition(width % 2 == 0, "sines and cosines come in pairs")
    self.width = width
    self.base = base
    self.isInterleaved = isInterleaved
  }

  /// - Parameter positions: `[tokens]`.
  /// - Returns: `[tokens, width]`.
  public func callAsFunction(_ positions: [Int]) -> Tensor {
    let half = width / 2
    let rates = (0..<half).map { pow(Double(base), -2 * Double($0) / Double(width)) }
    var values = [Float](repeating: 0, count: positions.count * width)
    for (row, position) in positions.enumerated() {
      for pair in 0..<half {
        let angle = Double(position) * rates[pair]
        let start = row * width
        values[start + (isInterleaved ? 2 * pair : pair)] = Float(sin(angle))
        values[start + (isInterleaved ? 2 * pair + 1 : half + pair)] = Float(cos(angle))
      }
    }
    return Tensor(values, shape: [positions.count, width])
  }
}

/// A table of learned vectors, one for each position. Gehring et al. 2017, arXiv:1705.03122.
public struct LearnedPositions: Sendable {
  let table: Embedding
  /// Positions are below it.
  public let count: Int

  /// - Parameter scope: holds `weight`, `[count, width]`.
  public init(_ scope: WeightScope, count: Int, width: Int, initializer: Initializer = .normal(0.02)) {
    table = Embedding(weight: scope.matrix(outputs: count, inputs: width, initializer: initializer))
    self.count = count
  }

  /// - Parameter positions: `[tokens]`, each below `count`.
  /// - Returns: `[tokens, width]`.
  public func callAsFunction(_ positions: [Int]) -> Tensor {
    table(Tensor(positions.map(Int32.init), shape: [positions.count]))
  }
}
