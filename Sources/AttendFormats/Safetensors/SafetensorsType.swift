import AttendTensor

/// The element types of the safetensors format, by their names in the header.
///
/// Source: `Dtype` of the reference implementation (huggingface/safetensors, `safetensors/src/tensor.rs`).
struct SafetensorsType {
  let name: String
  let bits: Int
  /// Nil for types that this version does not read.
  let elementType: ElementType?

  init?(named name: String) {
    guard let known = SafetensorsType.known[name] else { return nil }
    self.name = name
    bits = known.bits
    elementType = known.type.map(ElementType.dense)
  }

  /// The format's name of a dense type.
  static func name(of type: DType) -> String {
    switch type {
    case .float64: "F64"
    case .float32: "F32"
    case .bfloat16: "BF16"
    case .float16: "F16"
    case .int64: "I64"
    case .int32: "I32"
    case .int8: "I8"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }

  private static let known: [String: (bits: Int, type: DType?)] = {
    var known: [String: (bits: Int, type: DType?)] = [
      "F4": (4, nil), "F6_E2M3": (6, nil), "F6_E3M2": (6, nil),
      "F8_E5M2": (8, nil), "F8_E4M3": (8, nil), "F8_E8M0": (8, nil),
      "F8_E4M3FNUZ": (8, nil), "F8_E5M2FNUZ": (8, nil),
      "I16": (16, nil), "U16": (16, nil), "U32": (32, nil), "U64": (64, nil), "C64": (64, nil),
    ]
    for type in DType.allCases { known[name(of: type)] = (type.byteCount * 8, type) }
    return known
  }()
}
