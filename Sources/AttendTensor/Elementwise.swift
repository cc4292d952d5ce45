// Elementwise operations with NumPy broadcasting: shapes are aligned at their ends, and axes of extent 1 repeat.
// Both operands have the same dtype; numbers take the tensor's.

package enum BinaryOperation: Sendable {
  case add, subtract, multiply, divide, maximum, minimum, power
}

package enum Comparison: Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

extension Tensor {
  public static func + (x: Tensor, y: Tensor) -> Tensor {
    x.record(
      .add, backend.binary(.add, x, y), from: x, y,
      { [shape = x.shape] upstream in upstream.summed(to: shape) },
      { [shape = y.shape] upstream in upstream.summed(to: shape) })
  }

  public static func - (x: Tensor, y: Tensor) -> Tensor {
    x.record(
      .subtract, backend.binary(.subtract, x, y), from: x, y,
      { [shape = x.shape] upstream in upstream.summed(to: shape) },
      { [shape = y.shape] upstream in -upstream.summed(to: shape) })
  }

  public static func * (x: Tensor, y: Tensor) -> Tensor {
    x.record(
      .multiply, backend.binary(.multiply, x, y), from: x, y,
      { [shape = x.shape, y = y.detached()] upstream in (upstream * y).summed(to: shape) },
      { [shape = y.shape, x = x.detached()] upstream in (upstream * x).summed(to: shape) })
  }

  public static func / (x: Tensor, y: Tensor) -> Tensor {
    x.record(
      .divide, backend.binary(.divide, x, y), x, y,
      { upstream, x, y in (upstream / y).summed(to: x.shape) },
      { upstream, x, y in (-upstream * x / y.squared()).summed(to: y.shape) })
  }

  /// The larger element; where both are equal, each gets half the gradient.
  public func maximum(_ other: Tensor) -> Tensor {
    record(
      .maximum, backend.binary(.maximum, self, other), self, other,
      { upstream, x, y in (upstream * share(x .> y, x .== y, x.dtype)).summed(to: x.shape) },
      { upstream, x, y in (upstream * share(x .< y, x .== y, x.dtype)).summed(to: y.shape) })
  }

  /// The smaller element; where both are equal, each gets half the gradient.
  public func minimum(_ other: Tensor) -> Tensor {
    record(
      .minimum, backend.binary(.minimum, self, other), self, other,
      { upstream, x, y in (upstream * share(x .< y, x .== y, x.dtype)).summed(to: x.shape) },
      { upstream, x, y in (upstream * share(x .> y, x .== y, x.dtype)).summed(to: y.shape) })
  }

  /// selfʸ, elementwise. The derivative with respect to the exponent needs a positive base.
  public func power(_ exponent: Tensor) -> Tensor {
    record(
      .power, backend.binary(.power, self, exponent), self, exponent,
      { upstream, x, y in (upstream * y * x.power(y - 1)).summed(to: x.shape) },
      { upstream, x, y in (upstream * x.power(y) * x.log()).summed(to: y.shape) })
  }

  /// Elements of `x` where `mask` (bool) is true, else of `y`; all three broadcast.
  public static func `where`(_ mask: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
    x.record(
      .select, backend.select(mask, x, y), from: x, y,
      { [shape = x.shape] upstream in
        backend.select(mask, upstream, .zeros([], upstream.dtype)).summed(to: shape)
      },
      { [shape = y.shape] upstream in
        backend.select(mask, .zeros([], upstream.dtype), upstream).summed(to: shape)
      })
  }
}

/// 1 where an operand wins, ½ where both are equal.
private func share(_ wins: Tensor, _ ties: Tensor, _ dtype: DType) -> Tensor {
  wins.cast(to: dtype) + 0.5 * ties.cast(to: dtype)
}

// MARK: - With numbers

extension Tensor {
  public static func + (x: Tensor, y: Double) -> Tensor {
    x.record(.addScalar, backend.binary(.add, x, y), from: x) { upstream in upstream }
  }
  public static func + (x: Double, y: Tensor) -> Tensor { y + x }

  public static func - (x: Tensor, y: Double) -> Tensor {
    x.record(.addScalar, backend.binary(.subtract, x, y), from: x) { upstream in upstream }
  }
  public static func - (x: Double, y: Tensor) -> Tensor {
    y.record(.addScalar, backend.binary(.subtract, x, y), from: y) { upstream in -upstream }
  }

  public static func * (x: Tensor, y: Double) -> Tensor {
    x.record(.multiplyScalar, backend.binary(.multiply, x, y), from: x) { upstream in upstream * y }
  }
  public static func * (x: Double, y: Tensor) -> Tensor { y * x }

  public static func / (x: Tensor, y: Double) -> Tensor {
    x.record(.multiplyScalar, backend.binary(.divide, x, y), from: x) { upstream in upstream / y }
  }
  public static func / (x: Double, y: Tensor) -> Tensor {
    y.record(.reciprocalScalar, backend.binary(.divide, x, y), y) { upstream, y in upstream * (-x / y.squared()) }
  }

  public func power(_ exponent: Double) -> Tensor {
    record(.powerScalar, backend.binary(.power, self, exponent), self) { upstream, x in
      upstream * (exponent * x.power(exponent - 1))
    }
  }

  public func maximum(_ other: Double) -> Tensor { maximum(.full([], other, dtype)) }
  public func minimum(_ other: Double) -> Tensor { minimum(.full([], other, dtype)) }

  @_disfavoredOverload public static func + (x: Tensor, y: Float) -> Tensor { x + Double(y) }
  @_disfavoredOverload public static func + (x: Float, y: Tensor) -> Tensor { Double(x) + y }
  @_disfavoredOverload public static func - (x: Tensor, y: Float) -> Tensor { x - Double(y) }
  @_disfavoredOverload public static func - (x: Float, y: Tensor) -> Tensor { Double(x) - y }
  @_disfavoredOverload public static func * (x: Tensor, y: Float) -> Tensor { x * Double(y) }
  @_disfavoredOverload public static func * (x: Float, y: Tensor) -> Tensor { Double(x) * y }
  @_disfavoredOverload public static func / (x: Tensor, y: Float) -> Tensor { x / Double(y) }
  @_disfavoredOverload public static func / (x: Float, y: Tensor) -> Tensor { Double(x) / y }
}

// MARK: - Comparisons

extension Tensor {
  // Comparisons give bool tensors and have no derivative.
  public static func .== (x: Tensor, y: Tensor) -> Tensor { backend.compare(.equal, x, y) }
  public static func .!= (x: Tensor, y: Tensor) -> Tensor { backend.compare(.notEqual, x, y) }
  public static func .< (x: Tensor, y: Tensor) -> Tensor { backend.compare(.less, x, y) }
  public static func .<= (x: Tensor, y: Tensor) -> Tensor { backend.compare(.lessOrEqual, x, y) }
  public static func .> (x: Tensor, y: Tensor) -> Tensor { backend.compare(.greater, x, y) }
  public static func .>= (x: Tensor, y: Tensor) -> Tensor { backend.compare(.greaterOrEqual, x, y) }

  public static func .== (x: Tensor, y: Double) -> Tensor { x .== .full([], y, x.dtype) }
  public static func .!= (x: Tensor, y: Double) -> Tensor { x .!= .full([], y, x.dtype) }
  public static func .< (x: Tensor, y: Double) -> Tensor { x .< .full([], y, x.dtype) }
  public static func .<= (x: Tensor, y: Double) -> Tensor { x .<= .full([], y, x.dtype) }
  public static func .> (x: Tensor, y: Double) -> Tensor { x .> .full([], y, x.dtype) }
  public static func .>= (x: Tensor, y: Double) -> Tensor { x .>= .full([], y, x.dtype) }
}
