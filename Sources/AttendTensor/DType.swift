/// The type of a tensor's elements. The raw value is its name in messages: `float32`.
public enum DType: String, Sendable, CaseIterable {
  case float64
  case float32
  /// The upper half of a `float32`: 8 exponent and 7 fraction bits.
  case bfloat16
  /// IEEE 754 half precision: 5 exponent and 10 fraction bits.
  case float16
  case int64
  case int32
  case int8
  case uint8
  /// One byte, 0 or 1.
  case bool

  /// Size of one element in memory and in files, in bytes.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .bfloat16, .float16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether elements are floating-point numbers, so that derivatives make sense.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .bfloat16, .float16: true
    case .int64, .int32, .int8, .uint8, .bool: false
    }
  }
}

extension DType: CustomStringConvertible {
  public var description: String { rawValue }
}
