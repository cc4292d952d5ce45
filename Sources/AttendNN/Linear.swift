import AttendTensor

/// x · Wᵀ + b.
public struct Linear: Sendable {
  public let weight: Matrix
  public let bias: Tensor?

  public init(weight: Matrix, bias: Tensor? = nil) {
    self.weight = weight
    self.bias = bias
  }

  public init(
    _ scope: WeightScope, from inputs: Int, to outputs: Int, bias: Bool = true,
    layout: WeightScope.MatrixLayout = .outputsByInputs, initializer: Initializer = .xavierUniform
  ) {
    weight = scope.matrix(outputs: outputs, inputs: inputs, layout: layout, initializer: initializer)
    self.bias = bias ? scope.tensor("bias", shape: [outputs]) : nil
  }

  /// Several projections of one input as one product: queries, keys and values. Outputs lie one after the other.
  public init(
    _ parts: [(scope: WeightScope, outputs: Int)], from inputs: Int, bias: Bool = true,
    initializer: Initializer = .xavierUniform
  ) {
    weight = WeightScope.matrix(parts, inputs: inputs, initializer: initializer)
    self.bias =
      bias
      ? Tensor.concatenated(parts.map { $0.scope.tensor("bias", shape: [$0.outputs]) }, axis: 0)
      : nil
  }

  /// The output layer tied to the embedding. Press & Wolf 2017, arXiv:1608.05859.
  public init(sharing embedding: Embedding) {
    weight = embedding.weight
    bias = nil
  }

  /// activation(x · Wᵀ + b) + residual.
  /// - Parameters:
  ///   - x: `[..., inputs]`.
  ///   - residual: `[..., outputs]`, added last.
  /// - Returns: `[..., outputs]`.
  public func callAsFunction(
    _ x: Tensor, activation: Activation? = nil, addingTo residual: Tensor? = nil,
    phase: Phase = .prompt
  ) -> Tensor {
    weight.multiply(x, bias: bias, activation: activation, residual: residual, phase: phase)
  }
}

/// A table of vectors looked up by index.
public struct Embedding: Sendable {
  public let weight: Matrix

  public init(weight: Matrix) { self.weight = weight }

  public init(_ scope: WeightScope, count: Int, width: Int, initializer: Initializer = .normal(0.02)) {
    weight = scope.matrix(outputs: count, inputs: width, initializer: initializer)
  }

  /// - Parameter indices: `[tokens]`, int32, each below the table's count.
  /// - Returns: `[tokens, width]`.
  public func callAsFunction(_ indices: Tensor) -> Tensor { weight.rows(indices) }
}
