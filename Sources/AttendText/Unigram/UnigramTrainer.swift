import AttendBase

/// Learns a unigram language model over pieces of words. Kudo 2018, arXiv:1804.10959, section 3.2, with the settings of
/// SentencePiece.
///
/// It starts with every substring that occurs often, then alternates: expectation-maximization finds each piece's
/// probability, and the pieces whose loss would cost the corpus's likelihood least go, a quarter at a time, until
/// `vocabularySize` are left. Characters stay. The same texts give the same tokenizer, bit for bit.
public struct UnigramTrainer: Sendable {
  /// How many tokens there will be, special ones included; fewer when the text has too few substrings.
  public let vocabularySize: Int
  /// Tokens with the ids 0, 1, …: never built from text.
  public let specialTokens: [String]
  /// Which of the special tokens stands for what the vocabulary lacks.
  public let unknown: String
  /// Which part of the characters that occur, counted with repetitions, the vocabulary has: the rarest are left to
  /// `unknown` or to bytes.
  public let characterCoverage: Double
  /// Whether what the vocabulary lacks is spelled in bytes, so that every text decodes to itself.
  public let byteFallback: Bool
  private let metaspace = Metaspace()
  private var words = PieceCounts()

  public init(
    vocabularySize: Int, specialTokens: [String] = ["<unk>"], unknown: String = "<unk>",
    characterCoverage: Double = 0.9995, byteFallback: Bool = true
  ) {
    self.vocabularySize = vocabularySize
    self.specialTokens = specialTokens
    self.unknown = unknown
    self.characterCoverage = characterCoverage
    self.byteFallback = byteFallback
  }

  /// Counts the words of a text. Line breaks are characters like others, so leave them out at the end of lines.
  public mutating func add(_ text: String) {
    for word in metaspace.words(of: Array(text.utf8)[...], isFirst: true) { words.add(word) }
  }

  /// Counts the words of a text in UTF-8.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    for word in metaspace.words(of: Array(bytes)[...], isFirst: true) { words.add(word) }
  }

  /// Learns the pieces.
  ///
  /// - Parameter progress: called now and then with the number of pieces that are left; what it throws ends the training.
  /// - Returns: what ``Unigram/init(_:)`` builds a tokenizer from and a `tokenizer.json` is written from.
  /// - Throws: `invalidInput` when the vocabulary has no room for the special tokens, the bytes and the characters, when
  ///   special tokens repeat or lack the unknown one, or when there is no text.
  public func train(progress: (Int) throws -> Void = { _ in }) throws -> Unigram.Description {
    guard Set(specialTokens.map { Array($0.utf8) }).count == specialTokens.count, !specialTokens.contains(""),
      specialTokens.contains(unknown)
    else {
      throw AttendError(.invalidInput, "special tokens must differ and have the unknown one, \(quoted(unknown))")
    }
    let words = words.sorted()
    guard !words.isEmpty else { throw AttendError(.invalidInput, "there is no text to learn from") }
    let reserved = specialTokens.count + (byteFallback ? 256 : 0)
    var taken = Set(specialTokens.map { Array($0.utf8) })
    if byteFallback { for byte in UInt8.min...UInt8.max { taken.insert(Unigram.spelling(of: byte)) } }
    var model = UnigramModel(words: words, coverage: characterCoverage, reserved: taken)
    let wanted = vocabularySize - reserved
    guard wanted >= model.characters, vocabularySize < 1 << 28 else {
      throw AttendError(
        .invalidInput,
        "a vocabulary of \(vocabularySize) has no room for \(reserved) special tokens and bytes and "
          + "\(model.characters) characters",
        hint: "ask for at least \(reserved + model.characters), or cover fewer characters")
    }
    while true {
      for _ in 0..<2 { model.maximizeExpectations() }
      try progress(model.pieces.count)
      // A little more than wanted, so that the last cut is by probability.
      if model.pieces.count <= max(wanted * 11 / 10, model.characters) { break }
      let before = model.pieces.count
      model.prune(to: max(wanted * 11 / 10, before * 3 / 4))
      if model.pieces.count == before { break }
    }
    return description(model.best(wanted))
  }

  private func description(_ pieces: [(piece: [UInt8], score: Double)]) -> Unigram.Description {
    var vocabulary = ByteStrings(specialTokens)
    var scores = [Double](repeating: 0, count: specialTokens.count)
    if byteFallback {
      for byte in UInt8.min...UInt8.max {
        vocabulary.append(Unigram.spelling(of: byte))
        scores.append(0)
      }
    }
    for (piece, score) in pieces {
      vocabulary.append(piece)
      scores.append(score)
    }
    var description = Unigram.Description(vocabulary: vocabulary, scores: scores, source: "the trained tokenizer")
    description.unknown = specialTokens.firstIndex(of: unknown).map { Int32($0) }
    description.specialTokens.unknown = description.unknown
    description.byteFallback = byteFallback
    description.metaspace = metaspace
    description.addedTokens = specialTokens.enumerated().map {
      AddedToken(id: Int32($0.offset), content: $0.element, isSpecial: true)
    }
    return description
  }
}
