import CAttend

extension ElementType {
  /// Whether weights can be written in this type: the dense floats, and the quantized formats that have an
  /// encoder (all blocks of 32 but IQ4_NL and MXFP4, and Q4_K, Q5_K, Q6_K).
  public var canBeEncoded: Bool { source.map { at_can_encode($0) } ?? false }

  /// Rows of single precision as this type keeps them, the counterpart of ``BlockFormat/unpack(_:into:)``.
  ///
  /// A quantized block's scale, or scale and minimum, is the one of some twenty candidates whose weighted squared error
  /// is the smallest (see `encode_search.h`). A block's bytes depend on its elements alone.
  ///
  /// - Parameters:
  ///   - floats: a whole number of blocks.
  ///   - bytes: room for them, `floats.count / elementsPerBlock * bytesPerBlock`.
  /// - Returns: false, with `bytes` unspecified, when an element is not a number or is beyond what the type can say.
  ///   Dense types keep infinities and what is not a number.
  package func encode(_ floats: UnsafeBufferPointer<Float>, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
    guard let source, canBeEncoded, floats.count % elementsPerBlock == 0,
      bytes.count >= floats.count / elementsPerBlock * bytesPerBlock
    else { shapeMismatch("encoding \(self)", [floats.count], [bytes.count]) }
    guard let from = floats.baseAddress, let to = bytes.baseAddress else { return true }
    return at_source_from_f32(source, floats.count, from, to)
  }
}

extension MatrixSource {
  /// One of its rows as single precision.
  /// - Parameter row: one of ``rowPointers``.
  package func expand(_ row: UnsafeRawPointer, into floats: UnsafeMutableBufferPointer<Float>) {
    guard floats.count == columns else { shapeMismatch("expanding a row", [floats.count], [columns]) }
    guard let out = floats.baseAddress else { return }
    at_source_to_f32(code, columns, row, out)
  }
}
