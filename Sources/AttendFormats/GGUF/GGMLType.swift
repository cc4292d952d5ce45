import AttendTensor

/// The tensor types of GGUF files: how many elements a block holds and how many bytes it takes.
///
/// Source: `enum ggml_type` and the block structures of ggml (`ggml.h`, `ggml-common.h`), and the table
/// `GGML_QUANT_SIZES` of its Python package. Numbers that are missing here were given up by ggml.
struct GGMLType {
  let name: String
  let elementsPerBlock: Int
  let bytesPerBlock: Int
  /// Nil for types that this version does not read.
  let elementType: ElementType?

  init?(number: UInt32) {
    guard let known = GGMLType.known[number] else { return nil }
    self = known
  }

  /// The number of a type, or nil when GGUF has none for it.
  static func number(of type: ElementType) -> UInt32? {
    switch type {
    case .dense(.float32): 0
    case .dense(.float16): 1
    case .blocks(.q40): 2
    case .blocks(.q41): 3
    case .blocks(.q50): 6
    case .blocks(.q51): 7
    case .blocks(.q80): 8
    case .blocks(.q2K): 10
    case .blocks(.q3K): 11
    case .blocks(.q4K): 12
    case .blocks(.q5K): 13
    case .blocks(.q6K): 14
    case .blocks(.q8K): 15
    case .blocks(.iq4NL): 20
    case .blocks(.iq4XS): 23
    case .blocks(.mxfp4): 39
    case .dense(.int8): 24
    case .dense(.int32): 26
    case .dense(.int64): 27
    case .dense(.float64): 28
    case .dense(.bfloat16): 30
    case .dense(.uint8), .dense(.bool): nil
    }
  }

  private init(_ name: String, _ elementsPerBlock: Int, _ bytesPerBlock: Int, _ elementType: ElementType? = nil) {
    self.name = name
    self.elementsPerBlock = elementsPerBlock
    self.bytesPerBlock = bytesPerBlock
    self.elementType = elementType
  }

  private static let known: [UInt32: GGMLType] = [
    0: GGMLType("F32", 1, 4, .dense(.float32)),
    1: GGMLType("F16", 1, 2, .dense(.float16)),
    2: GGMLType("Q4_0", 32, 18, .blocks(.q40)),
    3: GGMLType("Q4_1", 32, 20, .blocks(.q41)),
    6: GGMLType("Q5_0", 32, 22, .blocks(.q50)),
    7: GGMLType("Q5_1", 32, 24, .blocks(.q51)),
    8: GGMLType("Q8_0", 32, 34, .blocks(.q80)),
    9: GGMLType("Q8_1", 32, 36),
    10: GGMLType("Q2_K", 256, 84, .blocks(.q2K)),
    11: GGMLType("Q3_K", 256, 110, .blocks(.q3K)),
    12: GGMLType("Q4_K", 256, 144, .blocks(.q4K)),
    13: GGMLType("Q5_K", 256, 176, .blocks(.q5K)),
    14: GGMLType("Q6_K", 256, 210, .blocks(.q6K)),
    15: GGMLType("Q8_K", 256, 292, .blocks(.q8K)),
    16: GGMLType("IQ2_XXS", 256, 66),
    17: GGMLType("IQ2_XS", 256, 74),
    18: GGMLType("IQ3_XXS", 256, 98),
    19: GGMLType("IQ1_S", 256, 50),
    20: GGMLType("IQ4_NL", 32, 18, .blocks(.iq4NL)),
    21: GGMLType("IQ3_S", 256, 110),
    22: GGMLType("IQ2_S", 256, 82),
    23: GGMLType("IQ4_XS", 256, 136, .blocks(.iq4XS)),
    24: GGMLType("I8", 1, 1, .dense(.int8)),
    25: GGMLType("I16", 1, 2),
    26: GGMLType("I32", 1, 4, .dense(.int32)),
    27: GGMLType("I64", 1, 8, .dense(.int64)),
    28: GGMLType("F64", 1, 8, .dense(.float64)),
    29: GGMLType("IQ1_M", 256, 56),
    30: GGMLType("BF16", 1, 2, .dense(.bfloat16)),
    34: GGMLType("TQ1_0", 256, 54),
    35: GGMLType("TQ2_0", 256, 66),
    39: GGMLType("MXFP4", 32, 17, .blocks(.mxfp4)),
  ]
}
