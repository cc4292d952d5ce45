import AttendBase

/// Learns a byte-level byte-pair encoding from text (Sennrich et al. 2016, arXiv:1508.07909; over bytes as in Radford
/// et al. 2019).
///
/// The pre-tokenizer cuts the text into pieces. Every byte is a token at first; then, again and again, the pair of
/// neighbouring tokens that occurs most often, counted over all pieces, becomes a token of its own. Among pairs that
/// occur equally often the one whose left token has the smaller id comes first, then the one whose right token has.
/// Ids go to the special tokens, then to the 256 bytes in the order of their stand-ins in the byte-level alphabet, then
/// to the merges in order. This is the rule of the Hugging Face `tokenizers` library, so that both learn the same
/// tokenizer from the same texts.
///
/// ```swift
/// var trainer = BPETrainer(vocabularySize: 8000, specialTokens: ["<|endoftext|>"])
/// for line in lines { trainer.add(line) }
/// let description = try trainer.train()
/// let tokenizer = try ByteLevelBPE(description)
/// let file = try description.tokenizerJSON().utf8(pretty: true)
/// ```
public struct BPETrainer: Sendable {
  /// How many tokens there will be, special ones and bytes included; fewer when the text has too few pairs.
  public let vocabularySize: Int
  /// Tokens with the ids 0, 1, …: never built from text.
  public let specialTokens: [String]
  /// A pair that occurs less often becomes no token.
  public let minimumFrequency: Int
  public let preTokenizer: PreTokenizer
  /// Whether a space goes before every text that has none there, so that its first word is spelled like the others.
  public let addsPrefixSpace: Bool
  private var pieces = PieceCounts()
  /// What kept a text from being cut; said when the merges are learned.
  private var failure: AttendError?

  public init(
    vocabularySize: Int, specialTokens: [String] = [], minimumFrequency: Int = 1,
    preTokenizer: PreTokenizer = .gpt2, addsPrefixSpace: Bool = false
  ) {
    self.vocabularySize = vocabularySize
    self.specialTokens = specialTokens
    self.minimumFrequency = minimumFrequency
    self.preTokenizer = preTokenizer
    self.addsPrefixSpace = addsPrefixSpace
  }

  /// Counts the pieces of a text. Where a corpus is cut into texts matters only where white space or a word crosses
  /// the cut; the reference implementation takes each line with its line break.
  public mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  /// Counts the pieces of a text in UTF-8.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    if addsPrefixSpace, first != UInt8(ascii: " ") {
      let spaced = [UInt8(ascii: " ")] + bytes
      spaced.withUnsafeBytes { count($0) }
    } else {
      count(bytes)
    }
  }

  private mutating func count(_ bytes: UnsafeRawBufferPointer) {
    do throws(AttendError) {
      try preTokenizer.forEachPiece(of: bytes) { pieces.add(bytes[$0..<$1]) }
    } catch {
      failure = failure ?? error
    }
  }

  /// Learns the merges.
  ///
  /// - Parameter progress: called now and then with the number of tokens so far; what it throws ends the training.
  /// - Returns: what ``ByteLevelBPE/init(_:)`` builds a tokenizer from and a `tokenizer.json` is written from.
  /// - Throws: `invalidInput` when the vocabulary has no room for the special tokens and the 256 bytes, when a special
  ///   token is empty or a byte, or when two are the same; `limitExceeded` when a pattern took too long on a text.
  public func train(progress: (Int) throws -> Void = { _ in }) throws -> ByteLevelBPE.Description {
    try check()
    if let failure { throw failure }
    let special = Set(specialTokens.map { Array($0.utf8) })
    var vocabulary = ByteStrings(specialTokens)
    let bytes = (UInt8(0)...255).sorted { ByteAlphabet.scalars[Int($0)] < ByteAlphabet.scalars[Int($1)] }
    var byteTokens = [Int32](repeating: 0, count: 256)
    for byte in bytes {
      byteTokens[Int(byte)] = Int32(vocabulary.count)
      vocabulary.append(ByteAlphabet.spelling(of: byte))
    }
    // One spelling may come about by two merges.
    var ids: [[UInt8]: Int32] = [:]
    var merges = ByteStrings()
    var pairs = PairMerger(pieces.sorted(), byteTokens)
    while vocabulary.count < vocabularySize, let best = pairs.best(atLeast: max(minimumFrequency, 1)) {
      let spelling = Array(vocabulary[Int(best.left)] + vocabulary[Int(best.right)])
      // Text that spells out a special token must not become one.
      if special.contains(spelling) { continue }
      let token = ids[spelling] ?? Int32(vocabulary.count)
      if ids.updateValue(token, forKey: spelling) == nil { vocabulary.append(spelling) }
      let isNew = pairs.merge(best, into: token)
      if isNew { merges.append(vocabulary[Int(best.left)] + [UInt8(ascii: " ")] + vocabulary[Int(best.right)]) }
      if vocabulary.count % 64 == 0 { try progress(vocabulary.count) }
    }
    var description = ByteLevelBPE.Description(
      vocabulary: vocabulary, merges: merges, preTokenizer: preTokenizer, source: "the trained tokenizer")
    description.addsPrefixSpace = addsPrefixSpace
    description.addedTokens = specialTokens.enumerated().map {
      AddedToken(id: Int32($0.offset), content: $0.element, isSpecial: true)
    }
    return description
  }

  private func check() throws(AttendError) {
    guard !addsPrefixSpace || preTokenizer == .gpt2 else {
      throw AttendError(.invalidInput, "a space before every text goes with the GPT-2 pattern only")
    }
    guard vocabularySize >= specialTokens.count + 256, vocabularySize < 1 << 28 else {
      throw AttendError(
        .invalidInput,
        "a vocabulary of \(vocabularySize) tokens has no room for \(specialTokens.count) special tokens "
          + "and the 256 bytes", hint: "ask for at least \(specialTokens.count + 256) tokens")
    }
    var seen = Set((UInt8(0)...255).map { ByteAlphabet.spelling(of: $0) })
    for token in specialTokens {
      guard !token.isEmpty, seen.insert(Array(token.utf8)).inserted else {
        throw AttendError(
          .invalidInput, "the special token \(JSON.string(token).text()) is empty, a single byte or there twice")
      }
    }
  }
}
