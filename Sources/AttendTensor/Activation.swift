import CAttend

/// The nonlinearities of feed-forward layers.
public enum Activation: String, Sendable, CaseIterable {
  case relu, silu
  /// x/2 · (1 + erf(x/√2)). Hendrycks & Gimpel 2016, arXiv:1606.08415.
  case gelu
  /// x/2 · (1 + tanh(√(2/π)(x + 0.044715x³))), the approximation of the same paper.
  case geluTanh
  case tanh

  package var code: at_unary {
    switch self {
    case .relu: AT_RELU
    case .silu: AT_SILU
    case .gelu: AT_GELU_ERF
    case .geluTanh: AT_GELU_TANH
    case .tanh: AT_TANH
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: x.relu()
    case .silu: x.silu()
    case .gelu: x.gelu(.exact)
    case .geluTanh: x.gelu(.tanh)
    case .tanh: x.tanh()
    }
  }
}
