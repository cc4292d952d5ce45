extension Activation {
  package var unary: UnaryOperation {
    switch self {
    case .relu: .relu
    case .silu: .silu
    case .gelu: .geluExact
    case .geluTanh: .geluTanh
    case .tanh: .tanh
    }
  }
}

extension Tensor {
  /// activation(self) · up, elementwise: the gate of a gated linear unit. Shazeer 2020, arXiv:2002.05202.
  public func gated(_ activation: Activation, with up: Tensor) -> Tensor {
    guard dtype == up.dtype else { dtypeMismatch("gated", dtype, up.dtype) }
    guard shape == up.shape else { shapeMismatch("gated", shape, up.shape) }
    let output = profiled(.elementwise, .init(self, up, operationsPerElement: 2)) {
      backend.gated(activation.unary, detached(), up.detached())
    }
    guard isRecording || up.isRecording else { return output }
    return Tensor.recordRecomputing(.gatedActivation, output, [self, up]) { inputs in activation(inputs[0]) * inputs[1]
    }
  }
}
