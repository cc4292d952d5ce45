import AttendBase

/// A metadata value of a GGUF file, in exactly the type that the file gives it.
///
/// Writers disagree about types (one stores a count as `uint32`, the next as `int64`), so ask for a value through
/// ``intValue``, ``doubleValue``, ``integers`` and the like, which accept every type that holds such a value.
public enum GGUFValue: Sendable {
  case uint8(UInt8)
  case int8(Int8)
  case uint16(UInt16)
  case int16(Int16)
  case uint32(UInt32)
  case int32(Int32)
  case uint64(UInt64)
  case int64(Int64)
  case float32(Float)
  case float64(Double)
  case bool(Bool)
  case string(String)
  case array(GGUFArray)
}

/// An array in a GGUF file's metadata: all elements have one type, which may be an array again.
public enum GGUFArray: Sendable {
  case uint8([UInt8])
  case int8([Int8])
  case uint16([UInt16])
  case int16([Int16])
  case uint32([UInt32])
  case int32([Int32])
  case uint64([UInt64])
  case int64([Int64])
  case float32([Float])
  case float64([Double])
  case bool([Bool])
  /// Bytes, not text: a vocabulary may hold pieces of characters.
  case string(ByteStrings)
  case array([GGUFArray])
}

extension GGUFValue {
  /// The integer of any integer type, or nil when it is none or too large for `Int`.
  public var intValue: Int? {
    switch self {
    case .uint8(let value): Int(value)
    case .int8(let value): Int(value)
    case .uint16(let value): Int(value)
    case .int16(let value): Int(value)
    case .uint32(let value): Int(exactly: value)
    case .int32(let value): Int(value)
    case .uint64(let value): Int(exactly: value)
    case .int64(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number of any number type, or nil.
  public var doubleValue: Double? {
    switch self {
    case .float32(let value): Double(value)
    case .float64(let value): value
    case .uint64(let value): Double(value)
    default: intValue.map(Double.init)
    }
  }

  public var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  public var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The array, or nil when this is a scalar.
  public var arrayValue: GGUFArray? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The strings of a string array, or nil.
  public var strings: ByteStrings? { arrayValue?.strings }

  /// The integers of an array of any integer type, or nil when it is none or one of them is too large for `Int`.
  public var integers: [Int]? { arrayValue?.integers }

  /// The numbers of an array of any number type in single precision, or nil.
  public var floats: [Float]? { arrayValue?.floats }

  /// The booleans of a boolean array, or nil.
  public var bools: [Bool]? { arrayValue?.bools }
}

extension GGUFArray {
  public var count: Int {
    switch self {
    case .uint8(let values): values.count
    case .int8(let values): values.count
    case .uint16(let values): values.count
    case .int16(let values): values.count
    case .uint32(let values): values.count
    case .int32(let values): values.count
    case .uint64(let values): values.count
    case .int64(let values): values.count
    case .float32(let values): values.count
    case .float64(let values): values.count
    case .bool(let values): values.count
    case .string(let values): values.count
    case .array(let values): values.count
    }
  }

  /// The strings of a string array, or nil.
  public var strings: ByteStrings? {
    if case .string(let values) = self { values } else { nil }
  }

  /// The booleans of a boolean array, or nil.
  public var bools: [Bool]? {
    if case .bool(let values) = self { values } else { nil }
  }

  /// The integers of any integer type, or nil when one of them is too large for `Int`.
  public var integers: [Int]? {
    switch self {
    case .uint8(let values): values.map { Int($0) }
    case .int8(let values): values.map { Int($0) }
    case .uint16(let values): values.map { Int($0) }
    case .int16(let values): values.map { Int($0) }
    case .uint32(let values): values.map { Int(truncatingIfNeeded: $0) }
    case .int32(let values): values.map { Int($0) }
    case .uint64(let values):
      values.allSatisfy { $0 <= UInt64(Int.max) } ? values.map { Int(truncatingIfNeeded: $0) } : nil
    case .int64(let values): values.map { Int(truncatingIfNeeded: $0) }
    default: nil
    }
  }

  /// The numbers of any number type in single precision, or nil.
  public var floats: [Float]? {
    switch self {
    case .float32(let values): values
    case .float64(let values): values.map { Float($0) }
    default: integers.map { $0.map { Float($0) } }
    }
  }

  /// The element type's number in the file format.
  var elementTypeNumber: UInt32 {
    switch self {
    case .uint8: 0
    case .int8: 1
    case .uint16: 2
    case .int16: 3
    case .uint32: 4
    case .int32: 5
    case .float32: 6
    case .bool: 7
    case .string: 8
    case .array: 9
    case .uint64: 10
    case .int64: 11
    case .float64: 12
    }
  }
}
