import AttendTensor

/// x / √(mean(x²) + ε) · w. Zhang & Sennrich 2019, arXiv:1910.07467.
public struct RMSNorm: Sendable {
  let weight: Tensor
  let epsilon: Float

  public init(_ scope: WeightScope, width: Int, epsilon: Float) {
    weight = scope.tensor("weight", shape: [width], initializer: .ones)
    self.epsilon = epsilon
  }

  /// x / √(mean(x²) + ε) · (1 + w), as Gemma's checkpoints keep w.
  public init(shifted scope: WeightScope, width: Int, epsilon: Float) {
    weight = scope.tensor("weight", shape: [width]) + 1
    self.epsilon = epsilon
  }

  /// - Parameter x: `[..., width]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.rmsNorm(weight: weight, epsilon: epsilon) }
}

/// (x − mean) / √(variance + ε) · w + b. Ba et al. 2016, arXiv:1607.06450.
public struct LayerNorm: Sendable {
  let weight: Tensor
  let bias: Tensor
  let epsilon: Float

  public init(_ scope: WeightScope, width: Int, epsilon: Float) {
    weight = scope.tensor("weight", shape: [width], initializer: .ones)
    bias = scope.tensor("bias", shape: [width])
    self.epsilon = epsilon
  }

  /// - Parameter x: `[..., width]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
  }
}
