/// Which norm over the last axis.
package struct Norm: Sendable {
  /// A layer norm subtracts the mean, an RMS norm does not.
  package var isCentred: Bool
  package var epsilon: Double
  /// What is added to the weight.
  package var offset = 0.0
}

/// The derivatives of a norm.
package struct NormGradients: Sendable {
  package var x: Tensor
  /// `[width]`.
  package var weight: Tensor
  package var bias: Tensor
}

extension Composed {
  /// upstream · f′(x) of ReLU, SiLU and GELU.
  package static func activationGradient(_ operation: UnaryOperation, _ x: Tensor, _ upstream: Tensor) -> Tensor {
    switch operation {
    case .relu:
      return upstream * (x .> 0).cast(to: x.dtype)
    case .silu:
      let s = x.sigmoid()
      return upstream * s * (1 + x * (1 - s))
    case .geluExact:
      // Φ(x) + x·φ(x), φ the density of the standard normal distribution.
      let distribution = 0.5 + 0.5 * (x * 0.5.squareRoot()).erf()
      let density = (x.squared() * -0.5).exp() * (0.5 / Double.pi).squareRoot()
      return upstream * (distribution + x * density)
    case .geluTanh:
      // With t = tanh(u), u = √(2/π)·(x + 0.044715·x³): ½(1 + t) + ½·x·(1 − t²)·u′.
      let scale = (2 / Double.pi).squareRoot()
      let square = x.squared()
      let t = (scale * x * (1 + 0.044715 * square)).tanh()
      let slope = scale * (1 + 3 * 0.044715 * square)
      return upstream * (0.5 * (1 + t) + 0.5 * x * (1 - t.squared()) * slope)
    default:
      dtypeMismatch("the derivative of \(operation)", x.dtype)
    }
  }

  /// With x̂ the normalised row, r = 1/√(variance + ε) and g = upstream · weight: r · (g − mean(g) − x̂ · mean(g · x̂)); an
  /// RMS norm has no means of x and of g.
  package static func normGradients(
    _ norm: Norm, _ x: Tensor, _ weight: Tensor?, _ upstream: Tensor
  ) -> NormGradients {
    let width: Shape = [x.shape[x.rank - 1]]
    let centered = norm.isCentred ? x - x.mean(axes: [-1], keepingDimensions: true) : x
    let inverse = (centered.squared().mean(axes: [-1], keepingDimensions: true) + norm.epsilon).rsqrt()
    let normalized = centered * inverse
    let g = weight.map { upstream * (norm.offset == 0 ? $0 : $0 + norm.offset) } ?? upstream
    let projection = (g * normalized).mean(axes: [-1], keepingDimensions: true)
    let slope = norm.isCentred ? g - g.mean(axes: [-1], keepingDimensions: true) : g
    return NormGradients(
      x: inverse * (slope - normalized * projection), weight: (upstream * normalized).summed(to: width),
      bias: upstream.summed(to: width))
  }
}
