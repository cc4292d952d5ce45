import AttendTensor

/// Token vectors plus positions, with dropout: what Transformer stacks begin with. Vaswani et al. 2017,
/// arXiv:1706.03762, sections 3.4 and 3.5. The output layer is tied by `Linear(sharing: input.tokens)`.
public struct InputEmbedding: Sendable {
  public enum Positions: Sendable {
    case none
    case sinusoidal(SinusoidalPositions)
    case learned(LearnedPositions)
  }

  public let tokens: Embedding
  public let positions: Positions
  /// Factor of token vectors, √width in the paper.
  public let scale: Float
  public let dropout: Float

  public init(tokens: Embedding, positions: Positions = .none, scale: Float = 1, dropout: Float = 0) {
    self.tokens = tokens
    self.positions = positions
    self.scale = scale
    self.dropout = dropout
  }

  /// - Parameter ids: `[tokens]`, int32; the pass knows their positions.
  /// - Returns: `[tokens, width]`.
  public func callAsFunction(_ ids: Tensor, _ pass: inout ForwardPass) -> Tensor {
    var rows = tokens(ids)
    if scale != 1 { rows = rows * scale }
    switch positions {
    case .none: break
    case .sinusoidal(let table): rows = rows + table(pass.positions).cast(to: rows.dtype)
    case .learned(let table): rows = rows + table(pass.positions)
    }
    return pass.dropout(rows, dropout)
  }
}
