extension Tensor {
  /// (x − mean)/√(variance + ε) · weight + bias over the last axis. Ba et al. 2016, arXiv:1607.06450.
  ///
  /// - Parameters:
  ///   - weight: `[width]`, or `nil` for ones.
  ///   - bias: `[width]`, or `nil` for zeros.
  public func layerNorm(weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5) -> Tensor {
    checkNorm("layerNorm", weight, bias)
    let epsilon = Double(epsilon)
    let output = profiled(.norm, .init(self, operationsPerElement: 8)) {
      backend.layerNorm(self, weight, bias, epsilon: epsilon)
    }
    guard isRecording || weight?.isRecording == true || bias?.isRecording == true else { return output }
    let inputs = [self] + [weight, bias].compactMap(\.self)
    let norm = Norm(isCentred: true, epsilon: epsilon)
    return Tensor.recordJointly(.layerNorm, output, inputs) {
      [hasWeight = weight != nil, hasBias = bias != nil] upstream, inputs in
      let gradients = backend.normGradients(norm, inputs[0], hasWeight ? inputs[1] : nil, upstream)
      return [gradients.x] + (hasWeight ? [gradients.weight] : []) + (hasBias ? [gradients.bias] : [])
    }
  }

  /// x/√(mean(x²) + ε) · (offset + weight) over the last axis. Zhang and Sennrich 2019, arXiv:1910.07467.
  ///
  /// - Parameters:
  ///   - weight: `[width]`, or `nil` for a factor of 1.
  ///   - offset: what is added to the weight: 0, or 1 in Gemma.
  public func rmsNorm(weight: Tensor? = nil, epsilon: Float = 1e-6, offset: Float = 0) -> Tensor {
    checkNorm("rmsNorm", weight)
    let (epsilon, offset) = (Double(epsilon), Double(offset))
    let output = profiled(.norm, .init(self, operationsPerElement: 4)) {
      backend.rmsNorm(self, weight, epsilon: epsilon, offset: offset)
    }
    guard isRecording || weight?.isRecording == true else { return output }
    let inputs = [self] + [weight].compactMap(\.self)
    return Tensor.recordJointly(.rmsNorm, output, inputs) { upstream, inputs in
      rmsNormGradients(upstream, inputs, epsilon, offset)
    }
  }

  /// `sum` = self + other, and `normalized` its ``rmsNorm(weight:epsilon:offset:)``, in one pass over memory.
  public func addRMSNorm(
    _ other: Tensor, weight: Tensor? = nil, epsilon: Float = 1e-6, offset: Float = 0
  ) -> (sum: Tensor, normalized: Tensor) {
    guard shape == other.shape else { shapeMismatch("addRMSNorm", shape, other.shape) }
    checkNorm("addRMSNorm", weight)
    let (epsilon, offset) = (Double(epsilon), Double(offset))
    let result = profiled(.norm, .init(self, other, operationsPerElement: 5)) {
      backend.addRMSNorm(self, other, weight, epsilon: epsilon, offset: offset)
    }
    let sum = record(.add, result.sum, from: self, other, { $0 }, { $0 })
    guard sum.isRecording || weight?.isRecording == true else { return result }
    let inputs = [sum] + [weight].compactMap(\.self)
    let normalized = Tensor.recordJointly(.addRMSNorm, result.normalized, inputs) { upstream, inputs in
      rmsNormGradients(upstream, inputs, epsilon, offset)
    }
    return (sum, normalized)
  }

  private func checkNorm(_ operation: String, _ weight: Tensor?, _ bias: Tensor? = nil) {
    requireFloats(operation)
    guard rank > 0 else { shapeMismatch(operation, shape) }
    let width = Shape(CollectionOfOne(shape[rank - 1]))
    if let weight, weight.shape != width { shapeMismatch(operation, shape, weight.shape) }
    if let bias, bias.shape != width { shapeMismatch(operation, shape, bias.shape) }
  }
}

private func rmsNormGradients(
  _ upstream: Tensor, _ inputs: [Tensor], _ epsilon: Double, _ offset: Double
) -> [Tensor] {
  let norm = Norm(isCentred: false, epsilon: epsilon, offset: offset)
  let gradients = backend.normGradients(norm, inputs[0], inputs.count > 1 ? inputs[1] : nil, upstream)
  return inputs.count > 1 ? [gradients.x, gradients.weight] : [gradients.x]
}
