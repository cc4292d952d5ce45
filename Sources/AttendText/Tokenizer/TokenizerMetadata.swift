import AttendBase

/// What a GGUF file says about its tokenizer, under the names of its `tokenizer.ggml.*` keys.
public struct TokenizerMetadata: Sendable {
  /// The file's name, for error messages.
  public var source: String
  /// `tokenizer.ggml.model`, such as `gpt2`.
  public var model: String
  /// `tokenizer.ggml.pre`: the name of the pattern that cuts text into pieces.
  public var preTokenizer: String?
  /// `tokenizer.ggml.tokens`: spellings by id.
  public var tokens: ByteStrings
  /// `tokenizer.ggml.merges`: `left right`, best first.
  public var merges: ByteStrings
  /// `tokenizer.ggml.token_type` by id: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte.
  public var tokenTypes: [Int32]
  /// `tokenizer.ggml.scores` by id, of SentencePiece vocabularies.
  public var scores: [Float] = []
  public var specialTokens: SpecialTokens
  /// `tokenizer.ggml.add_bos_token`.
  public var addsBeginning: Bool?
  /// `tokenizer.ggml.add_eos_token`.
  public var addsEnd: Bool?
  /// `tokenizer.ggml.add_space_prefix`, of SentencePiece vocabularies.
  public var addsSpacePrefix: Bool?
  /// `tokenizer.ggml.remove_extra_whitespaces`, of Unigram vocabularies.
  public var removesExtraSpaces: Bool?
  /// `tokenizer.ggml.precompiled_charsmap`, of Unigram vocabularies.
  public var charactersMap: [UInt8] = []
  /// `tokenizer.ggml.seperator_token_id`, of WordPiece vocabularies; the misspelling is the format's.
  public var separator: Int32?
  /// `tokenizer.ggml.normalizer.lowercase` and `strip_accents`, of WordPiece vocabularies.
  public var lowercases: Bool?
  public var stripsAccents: Bool?

  public init(
    source: String, model: String, preTokenizer: String?, tokens: ByteStrings, merges: ByteStrings,
    tokenTypes: [Int32] = [], specialTokens: SpecialTokens = SpecialTokens(), addsBeginning: Bool? = nil,
    addsEnd: Bool? = nil
  ) {
    self.source = source
    self.model = model
    self.preTokenizer = preTokenizer
    self.tokens = tokens
    self.merges = merges
    self.tokenTypes = tokenTypes
    self.specialTokens = specialTokens
    self.addsBeginning = addsBeginning
    self.addsEnd = addsEnd
  }
}
