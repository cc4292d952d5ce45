/// What low-rank adaptation adds to some outputs of a matrix: scale · up · down, or nothing.
package struct LowRankPart: Sendable {
  package let outputs: Int
  package let factors: Factors?

  package struct Factors: Sendable {
    /// `[rank, inputs]`.
    package let down: Tensor
    /// `[outputs, rank]`.
    package let up: Tensor
    package let scale: Float

    package init(down: Tensor, up: Tensor, scale: Float) {
      guard down.rank == 2, up.rank == 2, down.shape[0] == up.shape[1] else {
        shapeMismatch("low-rank factors", down.shape, up.shape)
      }
      self.down = down
      self.up = up
      self.scale = scale
    }

    /// scale · up · down, `[outputs, inputs]`.
    package var product: Tensor { up.matmul(down) * scale }
  }

  package init(outputs: Int, factors: Factors?) {
    self.outputs = outputs
    self.factors = factors
  }

  /// - Parameter x: `[..., inputs]`.
  /// - Returns: `[..., outputs]`.
  func product(_ x: Tensor) -> Tensor {
    guard let factors else { return .zeros(x.shape.replacing(axis: x.rank - 1, with: outputs), x.dtype) }
    return x.matmul(factors.down.transposed(0, 1)).matmul(factors.up.transposed(0, 1)) * factors.scale
  }

  func rows(_ indices: Tensor) -> Tensor {
    guard let factors else { return .zeros([]) }
    return factors.up.gather(rows: indices).matmul(factors.down) * factors.scale
  }

  func unpacked(inputs: Int, _ dtype: DType) -> Tensor { factors?.product ?? .zeros([outputs, inputs], dtype) }
}
