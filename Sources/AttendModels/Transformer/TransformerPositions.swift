import AttendNN
import AttendTensor

extension Transformer {
  /// What is added to embeddings so that the model knows the order of tokens. §3.5.
  enum Positions: Sendable {
    /// Sines, then cosines, as Marian has them: a permutation of the paper's channels.
    case sinusoidal(SinusoidalPositions)
    /// A trained vector for each position. Gehring et al. 2017, arXiv:1705.03122.
    case learned(Embedding)

    init(_ scope: WeightScope, _ config: Config) {
      self =
        config.learnsPositions
        ? .learned(Embedding(scope, count: config.maximumLength, width: config.width))
        : .sinusoidal(SinusoidalPositions(width: config.width, isInterleaved: false))
    }

    /// - Returns: `[positions, width]`.
    func callAsFunction(_ positions: [Int]) -> Tensor {
      let rows = Tensor(positions.map { Int32($0) }, shape: [positions.count])
      switch self {
      case .learned(let table): return table(rows)
      case .sinusoidal(let table):
        // Each position once, whatever the number of sequences.
        return table(Array(0..<(positions.max() ?? -1) + 1)).gather(rows: rows)
      }
    }
  }
}
