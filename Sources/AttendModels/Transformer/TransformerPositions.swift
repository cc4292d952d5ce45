import AttendBase
import AttendNN
import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Transformer {
  /// What is added to embeddings so that the model knows the order of tokens. §3.5.
  enum Positions: Sendable {
    /// sin(p / 10000^(2i/width)), then the cosines of the same angles. The paper has them take turns; the order is
    /// Marian's, a permutation of channels.
    case sinusoidal(width: Int)
    /// A trained vector for each position. Gehring et al. 2017, arXiv:1705.03122.
    case learned(Embedding)

    init(_ scope: WeightScope, _ config: Config) {
      self =
        config.learnsPositions
        ? .learned(Embedding(scope, count: config.maximumLength, width: config.width))
        : .sinusoidal(width: config.width)
    }

    /// - Returns: `[positions, width]`.
    func callAsFunction(_ positions: [Int]) -> Tensor {
      let rows = Tensor(positions.map { Int32($0) }, shape: [positions.count])
      switch self {
      case .learned(let table): return table(rows)
      case .sinusoidal(let width):
        let count = (positions.max() ?? -1) + 1
        return Self.table(positions: count, width: width).gather(rows: rows)
      }
    }

    /// The first rows of the infinite table, computed in double precision.
    static func table(positions: Int, width: Int) -> Tensor {
      let half = width / 2
      let frequencies = (0..<half).map { pow(10_000, -2 * Double($0) / Double(width)) }
      return Tensor.uninitialized([positions, width]) { out in
        let out = out.assumingMemoryBound(to: Float.self)
        for position in 0..<positions {
          for index in 0..<half {
            let angle = Double(position) * frequencies[index]
            out[position * width + index] = Float(sin(angle))
            out[position * width + half + index] = Float(cos(angle))
          }
        }
      }
    }
  }
}
