import AttendBase

/// Byte-pair encoding over bytes (Radford et al. 2019): any text can be expressed, and every token is a run of bytes.
///
/// Text is cut at added tokens, the rest into pieces by the pre-tokenizer's pattern, and within a piece the merges join
/// bytes to tokens.
public struct ByteLevelBPE: Tokenizer {
  /// How to build one; each front end (GGUF metadata, tokenizer.json) fills it in.
  public struct Description: Sendable {
    /// Spellings by id in the byte-level alphabet; added tokens may be spelled out plainly.
    public var vocabulary: ByteStrings
    /// `left right`, best first.
    public var merges: ByteStrings
    public var preTokenizer: PreTokenizer
    public var addedTokens: [AddedToken] = []
    public var specialTokens = SpecialTokens()
    /// Stands for a byte that the vocabulary lacks; without it such bytes vanish, as in the reference implementation
    /// (SmolLM2 lacks 21 bytes, most of which UTF-8 never uses).
    public var replacement: Int32?
    /// Ids put before and after a text when the caller wants special tokens added.
    public var prefix: [Int32] = []
    public var suffix: [Int32] = []
    /// A piece that is itself a token is not built by merges.
    public var ignoresMerges = false
    /// Puts a space before every stretch of text that does not start with one.
    public var addsPrefixSpace = false
    var normalizer = TextNormalizer()
    /// The file's name, for error messages.
    public var source: String

    public init(vocabulary: ByteStrings, merges: ByteStrings, preTokenizer: PreTokenizer, source: String) {
      self.vocabulary = vocabulary
      self.merges = merges
      self.preTokenizer = preTokenizer
      self.source = source
    }
  }

  public let specialTokens: SpecialTokens
  public let preTokenizer: PreTokenizer
  let prefix: [Int32]
  let suffix: [Int32]
  let addsPrefixSpace: Bool
  let replacement: Int32?
  /// Bytes of each token.
  let pieces: ByteStrings
  /// Token of each single byte; −1 where the vocabulary has none.
  let byteTokens: [Int32]
  let merges: MergeTable
  /// Whole pieces by their bytes, when merges are to be ignored for them.
  let wholePieces: TokenIndex?
  let splitter: AddedTokenSplitter
  let addedTokens: [String: AddedToken]
  let special: [Bool]

  public var vocabularySize: Int { pieces.count }

  public func bytes(of id: Int32) -> ArraySlice<UInt8> {
    guard id >= 0, Int(id) < pieces.count else { return [] }
    return pieces[Int(id)]
  }

  /// A text as it is before it is cut.
  package func normalized(_ text: [UInt8]) -> [UInt8] { splitter.normalizer(text[...]) }

  public func isSpecial(_ id: Int32) -> Bool { id >= 0 && Int(id) < special.count && special[Int(id)] }

  public func id(of token: String) -> Int32? {
    if let added = addedTokens[token] { return added.id }
    let bytes = Array(token.utf8)
    return pieces.firstIndex { $0.elementsEqual(bytes) }.map(Int32.init)
  }

  public func encode(
    bytes: UnsafeRawBufferPointer, allowSpecial: Bool, addSpecialTokens: Bool
  ) throws(AttendError) -> [Int32] {
    guard bytes.count < Int(Int32.max) else {
      throw AttendError(
        .invalidInput, "a text of \(bytes.count) bytes is too long to encode at once", hint: "encode it in parts")
    }
    let result = merges.entries.withUnsafeBufferPointer { entries in
      byteTokens.withUnsafeBufferPointer { byteTokens in
        var encoder = TextEncoder(
          tokenizer: self, merges: .init(entries), byteTokens: byteTokens, textLength: bytes.count,
          start: addSpecialTokens ? prefix : [])
        encoder.encode(bytes, allowSpecial: allowSpecial)
        return encoder.finish()
      }
    }
    var ids = try result.get()
    if addSpecialTokens { ids += suffix }
    return ids
  }
}
