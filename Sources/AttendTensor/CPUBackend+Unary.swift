import CAttend

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension UnaryOperation {
  package var kernel: at_unary {
    switch self {
    case .negate: AT_NEGATE
    case .abs: AT_ABS
    case .exp: AT_EXP
    case .log: AT_LOG
    case .sqrt: AT_SQRT
    case .rsqrt: AT_RSQRT
    case .reciprocal: AT_RECIPROCAL
    case .squared: AT_SQUARE
    case .sin: AT_SIN
    case .cos: AT_COS
    case .tanh: AT_TANH
    case .sigmoid: AT_SIGMOID
    case .erf: AT_ERF
    case .relu: AT_RELU
    case .silu: AT_SILU
    case .geluExact: AT_GELU_ERF
    case .geluTanh: AT_GELU_TANH
    }
  }

  /// Bound by memory rather than arithmetic.
  var isCheap: Bool {
    switch self {
    case .negate, .abs, .squared, .relu, .reciprocal, .sqrt, .rsqrt: true
    default: false
    }
  }
}

extension BinaryOperation {
  var kernel: at_binary {
    switch self {
    case .add: AT_ADD
    case .subtract: AT_SUBTRACT
    case .multiply: AT_MULTIPLY
    case .divide: AT_DIVIDE
    case .maximum: AT_MAXIMUM
    case .minimum: AT_MINIMUM
    case .power: AT_POWER
    }
  }
}

extension CPUBackend {
  func unaryDouble(_ operation: UnaryOperation, _ x: Tensor) -> Tensor {
    switch operation {
    case .negate: map(x) { -$0 }
    case .abs: map(x) { $0.magnitude }
    case .exp: map(x) { exp($0) }
    case .log: map(x) { log($0) }
    case .sqrt: map(x) { $0.squareRoot() }
    case .rsqrt: map(x) { 1 / $0.squareRoot() }
    case .reciprocal: map(x) { 1 / $0 }
    case .squared: map(x) { $0 * $0 }
    case .sin: map(x) { sin($0) }
    case .cos: map(x) { cos($0) }
    case .tanh: map(x) { tanh($0) }
    case .sigmoid: map(x) { 1 / (1 + exp(-$0)) }
    case .erf: map(x) { erf($0) }
    case .relu: map(x) { $0 < 0 ? 0 : $0 }
    case .silu: Composed.silu(x)
    case .geluExact: Composed.gelu(x, .exact)
    case .geluTanh: Composed.gelu(x, .tanh)
    }
  }

  @inline(__always)
  private func map(_ x: Tensor, _ body: (Double) -> Double) -> Tensor {
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let output = Tensor(uninitialized: x.shape, .float64)
    let (from, to) = (x.pointer(Double.self), output.pointer(Double.self))
    for index in 0..<x.count { to[index] = body(from[index]) }
    return output
  }
}
