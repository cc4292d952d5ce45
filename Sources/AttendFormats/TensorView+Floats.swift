import AttendTensor

extension TensorView {
  /// All elements as single precision in row-major order: integers rounded, booleans 0 or 1, blocks unpacked.
  ///
  /// The plain reference for tests and tools; models read weights through packing kernels instead. Linear time, and
  /// 4 bytes per element.
  public func floats() -> [Float] {
    let count = elementCount
    guard count > 0 else { return [] }
    return withUnsafeBytes { bytes in
      [Float](unsafeUninitializedCapacity: count) { result, written in
        switch elementType {
        case .dense(let type): TensorView.convert(bytes, type, into: result, count)
        case .blocks(let format):
          format.unpack(bytes, into: UnsafeMutableBufferPointer(rebasing: result[..<count]))
        }
        written = count
      }
    }
  }

  private static func convert(
    _ bytes: UnsafeRawBufferPointer, _ type: DType, into result: UnsafeMutableBufferPointer<Float>, _ count: Int
  ) {
    func load<Element: FixedWidthInteger & BitwiseCopyable>(_ index: Int, as type: Element.Type) -> Element {
      Element(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.size, as: type))
    }
    for index in 0..<count {
      switch type {
      case .float64: result[index] = Float(Double(bitPattern: load(index, as: UInt64.self)))
      case .float32: result[index] = Float(bitPattern: load(index, as: UInt32.self))
      case .bfloat16: result[index] = Float(bitPattern: UInt32(load(index, as: UInt16.self)) << 16)
      case .float16: result[index] = float(halfBits: load(index, as: UInt16.self))
      case .int64: result[index] = Float(load(index, as: Int64.self))
      case .int32: result[index] = Float(load(index, as: Int32.self))
      case .int8: result[index] = Float(load(index, as: Int8.self))
      case .uint8: result[index] = Float(bytes[index])
      case .bool: result[index] = bytes[index] == 0 ? 0 : 1
      }
    }
  }
}

/// The value of an IEEE 754 half-precision number. (Swift's `Float16` is missing on some platforms.)
package func float(halfBits bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10) & 0x1F
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0:
    // Zero or subnormal: fraction · 2⁻²⁴ is exact in single precision.
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
