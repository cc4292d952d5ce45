import AttendBase

/// How text is cut into the pieces that merges never cross. Each case stands for a published pattern and has a
/// scanner written by hand that cuts exactly like it.
public enum PreTokenizer: Sendable, Equatable {
  /// Radford et al. 2019: contractions, letters, numbers and symbols, each with one space before, and white space.
  case gpt2
  /// Every number character on its own, then the GPT-2 pattern on what lies between (SmolLM, StarCoder).
  case digitsThenGPT2
  /// Llama 3: case-insensitive contractions, up to three digits, line breaks at the end of a piece.
  case llama3
  /// Qwen 2: as Llama 3, but single digits.
  case qwen2

  package static let gpt2Pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  package static let llama3Pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  package static let qwen2Pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// The pre-tokenizer of a regular expression that is known word for word.
  public init?(pattern: String) {
    switch pattern {
    case PreTokenizer.gpt2Pattern: self = .gpt2
    case PreTokenizer.llama3Pattern: self = .llama3
    case PreTokenizer.qwen2Pattern: self = .qwen2
    default: return nil
    }
  }

  /// The pre-tokenizer that GGUF files call by this name in `tokenizer.ggml.pre`.
  public init?(ggufName: String) {
    switch ggufName {
    case "gpt-2", "phi-2": self = .gpt2
    case "smollm", "starcoder", "refact": self = .digitsThenGPT2
    case "llama-bpe", "llama3", "llama-v3": self = .llama3
    case "qwen2": self = .qwen2
    default: return nil
    }
  }

  /// The pieces of a text, as ranges of its bytes; together they cover all of it.
  package func pieces(of text: [UInt8]) -> [Range<Int>] {
    text.withUnsafeBytes { bytes in
      let scanner = PieceScanner(bytes: bytes, kind: self)
      var pieces: [Range<Int>] = []
      var start = 0
      while start < bytes.count {
        let end = scanner.end(of: start)
        pieces.append(start..<end)
        start = end
      }
      return pieces
    }
  }
}
