extension Tensor {
  /// e^(xᵢ)/Σⱼ e^(xⱼ) along `axis`; where all are −∞, zeros.
  public func softmax(axis: Int = -1) -> Tensor {
    requireFloats("softmax")
    let axis = shape.resolve(axis: axis, "softmax")
    if axis != rank - 1 { return movingLast(axis).softmax().movingBack(axis) }
    let output = profiled(.softmax, .init(self, operationsPerElement: 4)) { backend.softmax(self, scale: 1) }
    return record(.softmax, output, from: self) { upstream in
      let weighted = upstream * output
      return weighted - output * weighted.sum(axes: [-1], keepingDimensions: true)
    }
  }

  /// xᵢ − log Σⱼ e^(xⱼ) along `axis`; where all are −∞, they stay.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    requireFloats("logSoftmax")
    let axis = shape.resolve(axis: axis, "logSoftmax")
    if axis != rank - 1 { return movingLast(axis).logSoftmax().movingBack(axis) }
    let output = profiled(.softmax, .init(self, operationsPerElement: 4)) { backend.logSoftmax(self) }
    return record(.logSoftmax, output, from: self) { upstream in
      upstream - output.exp() * upstream.sum(axes: [-1], keepingDimensions: true)
    }
  }

  /// log Σⱼ e^(xⱼ) along `axis`, computed without overflow; −∞ where all are −∞.
  public func logSumExp(axis: Int = -1, keepingDimensions: Bool = false) -> Tensor {
    requireFloats("logSumExp")
    let axis = shape.resolve(axis: axis, "logSumExp")
    let values = Composed.logSumExp(detached().movingLast(axis))
    let kept = values.movingBack(axis)
    let output = keepingDimensions ? kept : kept.squeezed(axis)
    return record(.logSumExp, output, self) { upstream, x in
      upstream.reshaped(kept.shape) * x.softmax(axis: axis)
    }
  }
}
