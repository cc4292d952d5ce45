#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An element type with arithmetic in plain loops. Integers wrap; their division by zero gives zero.
protocol CPUNumber: Comparable, TensorScalar {
  static func add(_ x: Self, _ y: Self) -> Self
  static func subtract(_ x: Self, _ y: Self) -> Self
  static func multiply(_ x: Self, _ y: Self) -> Self
  static func divide(_ x: Self, _ y: Self) -> Self
  static func power(_ x: Self, _ y: Self) -> Self
  static var zero: Self { get }
  init(converting value: Double)
  init(converting value: Int64)
  var asDouble: Double { get }
  /// The value as an integer, for integer types; `nil` where only ``asDouble`` makes sense.
  var asInteger: Int64? { get }
}

extension CPUNumber where Self: FixedWidthInteger {
  static func add(_ x: Self, _ y: Self) -> Self { x &+ y }
  static func subtract(_ x: Self, _ y: Self) -> Self { x &- y }
  static func multiply(_ x: Self, _ y: Self) -> Self { x &* y }
  static func divide(_ x: Self, _ y: Self) -> Self { y == 0 ? 0 : x.dividedReportingOverflow(by: y).partialValue }
  static func power(_ x: Self, _ y: Self) -> Self {
    if y < 0 {
      if x == 1 { return 1 }
      let isMinusOne = Self.isSigned && x &+ 1 == 0
      return isMinusOne ? (y & 1 == 0 ? 1 : x) : 0
    }
    var (result, base, exponent) = (Self(1), x, y)
    while exponent > 0 {
      if exponent & 1 == 1 { result = result &* base }
      base = base &* base
      exponent >>= 1
    }
    return result
  }
  init(converting value: Double) {
    if value.isNaN {
      self = 0
    } else if let exact = Self(exactly: value.rounded(.towardZero)) {
      self = exact
    } else {
      self = value < 0 ? .min : .max
    }
  }
  init(converting value: Int64) { self.init(truncatingIfNeeded: value) }
  var asDouble: Double { Double(self) }
  var asInteger: Int64? { Int64(self) }
}

extension Int64: CPUNumber {}
extension Int32: CPUNumber {}
extension Int8: CPUNumber {}
extension UInt8: CPUNumber {}

extension CPUNumber where Self: BinaryFloatingPoint {
  static func add(_ x: Self, _ y: Self) -> Self { x + y }
  static func subtract(_ x: Self, _ y: Self) -> Self { x - y }
  static func multiply(_ x: Self, _ y: Self) -> Self { x * y }
  static func divide(_ x: Self, _ y: Self) -> Self { x / y }
  static func power(_ x: Self, _ y: Self) -> Self { Self(pow(Double(x), Double(y))) }
  init(converting value: Double) { self.init(value) }
  init(converting value: Int64) { self.init(value) }
  var asDouble: Double { Double(self) }
  var asInteger: Int64? { nil }
}

extension Double: CPUNumber {}
extension Float: CPUNumber {}
