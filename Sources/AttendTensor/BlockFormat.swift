import CAttend

/// A quantized format of ggml: a row is cut into blocks of 32 elements that share a scale, or into super-blocks of 256
/// whose blocks have small integer scales.
///
/// Every number in a block is little endian; `d` and `m` are half precision. Source: ggml's `ggml-common.h` and
/// `ggml-quants.c`; byte for byte in `product_sources.c` and `product_superblocks.c`.
/// The raw value is the format's name in GGUF tools.
public enum BlockFormat: String, Sendable, CaseIterable {
  /// `d · (q − 8)`, q of 4 bits: `d`, then 16 bytes whose low nibbles are elements 0–15 and high nibbles 16–31.
  case q40 = "Q4_0"
  /// `d · q + m`, q of 4 bits: `d`, `m`, then nibbles as in ``q40``.
  case q41 = "Q4_1"
  /// `d · (q − 16)`, q of 5 bits: `d`, 32 high bits, then nibbles as in ``q40``.
  case q50 = "Q5_0"
  /// `d · q + m`, q of 5 bits: `d`, `m`, 32 high bits, then nibbles as in ``q40``.
  case q51 = "Q5_1"
  /// `d · q`, q a signed byte: `d`, then 32 bytes.
  case q80 = "Q8_0"
  /// `d · s · q − m · n`, q of 2 bits, s and n of 4 bits for each 16 elements.
  case q2K = "Q2_K"
  /// `d · s · q`, q of 3 bits, s of 6 bits for each 16 elements, both with a sign.
  case q3K = "Q3_K"
  /// `d · s · q − m · n`, q of 4 bits, s and n of 6 bits for each 32 elements.
  case q4K = "Q4_K"
  /// `d · s · q − m · n`, q of 5 bits, s and n of 6 bits for each 32 elements.
  case q5K = "Q5_K"
  /// `d · s · q`, q of 6 bits with a sign, s a signed byte for each 16 elements.
  case q6K = "Q6_K"
  /// `d · q`, q a signed byte, d in single precision: ggml keeps activations so, files seldom have it.
  case q8K = "Q8_K"
  /// `d · codebook[q]`, q of 4 bits: 16 unevenly spaced values.
  case iq4NL = "IQ4_NL"
  /// `d · s · codebook[q]` with the codebook of ``iq4NL``, s of 6 bits with a sign for each 32 elements.
  case iq4XS = "IQ4_XS"
  /// 2ᵉ · q, q of 4 bits a floating-point number of its own (E2M1). OCP Microscaling Formats 1.0.
  case mxfp4 = "MXFP4"

  /// Elements in one block (of the formats named `K` or `XS`, super-block). A row holds a whole number of them.
  public var elementsPerBlock: Int { at_source_block(source) }

  /// Size of one block, in bytes.
  public var bytesPerBlock: Int { at_source_block_bytes(source) }

  /// The kernels' name.
  package var source: at_source {
    switch self {
    case .q40: AT_SOURCE_Q4_0
    case .q41: AT_SOURCE_Q4_1
    case .q50: AT_SOURCE_Q5_0
    case .q51: AT_SOURCE_Q5_1
    case .q80: AT_SOURCE_Q8_0
    case .q2K: AT_SOURCE_Q2_K
    case .q3K: AT_SOURCE_Q3_K
    case .q4K: AT_SOURCE_Q4_K
    case .q5K: AT_SOURCE_Q5_K
    case .q6K: AT_SOURCE_Q6_K
    case .q8K: AT_SOURCE_Q8_K
    case .iq4NL: AT_SOURCE_IQ4_NL
    case .iq4XS: AT_SOURCE_IQ4_XS
    case .mxfp4: AT_SOURCE_MXFP4
    }
  }

  /// How `.fast` keeps weights of this format: exactly, in a form of about its own size.
  var form: at_form {
    switch self {
    case .q40: AT_FORM_Q4_0
    case .q41: AT_FORM_Q4_1
    case .q50: AT_FORM_Q5_0
    case .q51: AT_FORM_Q5_1
    case .q80: AT_FORM_Q8_0
    case .q2K: AT_FORM_Q2_K
    case .q3K: AT_FORM_Q3_K
    case .q4K: AT_FORM_Q4_K
    case .q5K: AT_FORM_Q5_K
    case .q6K: AT_FORM_Q6_K
    case .q8K: AT_FORM_Q8_K
    case .iq4NL: AT_FORM_IQ4_NL
    case .iq4XS: AT_FORM_IQ4_XS
    case .mxfp4: AT_FORM_MXFP4
    }
  }

  /// Blocks as single precision. `bytes` holds the blocks of `result`, whose count is a whole number of them.
  package func unpack(_ bytes: UnsafeRawBufferPointer, into result: UnsafeMutableBufferPointer<Float>) {
    guard let from = bytes.baseAddress, let to = result.baseAddress else { return }
    guard result.count % elementsPerBlock == 0, bytes.count >= result.count / elementsPerBlock * bytesPerBlock else {
      shapeMismatch("unpacking \(self)", [bytes.count], [result.count])
    }
    at_source_to_f32(source, result.count, from, to)
  }
}

extension BlockFormat: CustomStringConvertible {
  public var description: String { rawValue }
}
