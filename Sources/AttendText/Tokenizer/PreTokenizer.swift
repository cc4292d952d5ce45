import AttendBase

/// How text is cut into the pieces that merges never cross. The commonest published patterns have a scanner written by
/// hand that cuts exactly like them; all others run as tables (``PieceCutter``).
public enum PreTokenizer: Sendable, Equatable {
  /// Radford et al. 2019: contractions, letters, numbers and symbols, each with one space before, and white space.
  case gpt2
  /// Every number character on its own, then the GPT-2 pattern on what lies between (SmolLM, StarCoder).
  case digitsThenGPT2
  /// Llama 3: case-insensitive contractions, up to three digits, line breaks at the end of a piece.
  case llama3
  /// Qwen 2: as Llama 3, but single digits.
  case qwen2
  /// Any patterns.
  case patterns(PieceCutter)

  package static let gpt2Pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  package static let llama3Pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  package static let qwen2Pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Cuts by a regular expression, in the syntax of Oniguruma: matches and what lies between them are pieces.
  ///
  /// - Throws: `unsupported` naming a construct that patterns may not have here, `damagedFile` when it is no regular
  ///   expression.
  public init(pattern: String) throws(AttendError) {
    switch pattern {
    case PreTokenizer.gpt2Pattern: self = .gpt2
    case PreTokenizer.llama3Pattern: self = .llama3
    case PreTokenizer.qwen2Pattern: self = .qwen2
    default: self = .patterns(try PieceCutter(patterns: [pattern]))
    }
  }

  /// Calls `body` with the start and end of each piece, in order.
  ///
  /// - Throws: `limitExceeded`, as ``PieceCutter``.
  @inline(__always)
  func forEachPiece(of bytes: UnsafeRawBufferPointer, _ body: (Int, Int) -> Void) throws(AttendError) {
    if case .patterns(let cutter) = self { return try cutter.forEachPiece(of: bytes, body) }
    let scanner = PieceScanner(bytes: bytes, kind: self)
    var start = 0
    while start < bytes.count {
      let end = scanner.end(of: start)
      body(start, end)
      start = end
    }
  }

  /// The pieces of a text, as ranges of its bytes.
  package func pieces(of text: [UInt8]) throws(AttendError) -> [Range<Int>] {
    let result = text.withUnsafeBytes { bytes in
      Result { () throws(AttendError) in
        var pieces: [Range<Int>] = []
        try forEachPiece(of: bytes) { pieces.append($0..<$1) }
        return pieces
      }
    }
    return try result.get()
  }
}
