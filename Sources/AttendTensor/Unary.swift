package enum UnaryOperation: Sendable, CaseIterable {
  case negate, abs, exp, log, sqrt, rsqrt, reciprocal, squared, sin, cos, tanh, sigmoid, erf, relu
  // Fused: Composed has what they are made of.
  case silu, geluExact, geluTanh
}

/// Which formula of the Gaussian error linear unit (Hendrycks and Gimpel 2016, arXiv:1606.08415).
public enum GELUForm: Sendable {
  /// x/2 · (1 + erf(x/√2)).
  case exact
  /// x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))), the form of BERT's and GPT-2's original code.
  case tanh
}

extension Tensor {
  public static prefix func - (x: Tensor) -> Tensor {
    x.record(.negate, backend.unary(.negate, x), from: x) { upstream in -upstream }
  }

  /// |x|; the derivative at 0 is 0.
  public func abs() -> Tensor {
    record(.abs, backend.unary(.abs, self), self) { upstream, x in
      let (positive, negative) = (x .> 0, x .< 0)
      return upstream * (positive.cast(to: x.dtype) - negative.cast(to: x.dtype))
    }
  }

  /// eˣ.
  public func exp() -> Tensor {
    let output = backend.unary(.exp, self)
    return record(.exp, output, from: self) { upstream in upstream * output }
  }

  /// Natural logarithm.
  public func log() -> Tensor {
    record(.log, backend.unary(.log, self), self) { upstream, x in upstream / x }
  }

  public func sqrt() -> Tensor {
    let output = backend.unary(.sqrt, self)
    return record(.sqrt, output, from: self) { upstream in 0.5 * upstream / output }
  }

  /// 1/√x.
  public func rsqrt() -> Tensor {
    let output = backend.unary(.rsqrt, self)
    return record(.rsqrt, output, from: self) { upstream in -0.5 * upstream * output * output.squared() }
  }

  /// 1/x.
  public func reciprocal() -> Tensor {
    let output = backend.unary(.reciprocal, self)
    return record(.reciprocal, output, from: self) { upstream in -upstream * output.squared() }
  }

  /// x².
  public func squared() -> Tensor {
    record(.squared, backend.unary(.squared, self), self) { upstream, x in 2 * upstream * x }
  }

  public func sin() -> Tensor {
    record(.sin, backend.unary(.sin, self), self) { upstream, x in upstream * x.cos() }
  }

  public func cos() -> Tensor {
    record(.cos, backend.unary(.cos, self), self) { upstream, x in -upstream * x.sin() }
  }

  public func tanh() -> Tensor {
    let output = backend.unary(.tanh, self)
    return record(.tanh, output, from: self) { upstream in upstream * (1 - output.squared()) }
  }

  /// σ(x) = 1/(1 + e⁻ˣ).
  public func sigmoid() -> Tensor {
    let output = backend.unary(.sigmoid, self)
    return record(.sigmoid, output, from: self) { upstream in upstream * output * (1 - output) }
  }

  /// The error function, 2/√π · ∫₀ˣ e^(−t²) dt.
  public func erf() -> Tensor {
    record(.erf, backend.unary(.erf, self), self) { upstream, x in
      upstream * (2 / Double.pi.squareRoot() * (-x.squared()).exp())
    }
  }

  /// max(x, 0); the derivative at 0 is 0.
  public func relu() -> Tensor {
    record(.relu, backend.unary(.relu, self), self) { upstream, x in backend.activationGradient(.relu, x, upstream) }
  }

  /// x · σ(x). Elfwing et al. 2018, arXiv:1702.03118.
  public func silu() -> Tensor {
    record(.silu, backend.unary(.silu, self), self) { upstream, x in backend.activationGradient(.silu, x, upstream) }
  }

  /// x · Φ(x), Φ the distribution function of the standard normal, or its approximation by tanh.
  public func gelu(_ form: GELUForm = .exact) -> Tensor {
    let operation: UnaryOperation = form == .exact ? .geluExact : .geluTanh
    return record(.gelu, backend.unary(operation, self), self) { upstream, x in
      backend.activationGradient(operation, x, upstream)
    }
  }
}
