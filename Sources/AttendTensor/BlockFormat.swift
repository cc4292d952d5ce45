/// A quantized format of ggml: a row is cut into blocks of 32 elements that share a scale.
///
/// Every number in a block is little endian; `d` and `m` are half precision. Source: ggml's `ggml-quants.h`.
/// The raw value is the format's name in GGUF tools.
public enum BlockFormat: String, Sendable, CaseIterable {
  /// `d · (q − 8)`, q of 4 bits: `d`, then 16 bytes whose low nibbles are elements 0–15 and high nibbles 16–31.
  case q40 = "Q4_0"
  /// `d · q + m`, q of 4 bits: `d`, `m`, then nibbles as in ``q40``.
  case q41 = "Q4_1"
  /// `d · q`, q a signed byte: `d`, then 32 bytes.
  case q80 = "Q8_0"

  /// Elements in one block. A row holds a whole number of blocks.
  public var elementsPerBlock: Int { 32 }

  /// Size of one block, in bytes.
  public var bytesPerBlock: Int {
    switch self {
    case .q40: 18
    case .q41: 20
    case .q80: 34
    }
  }
}

extension BlockFormat: CustomStringConvertible {
  public var description: String { rawValue }
}
